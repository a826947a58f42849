# Times and sizes.

age-moment = a moment
age-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
age-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}
age-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
age-months = { $count ->
    [one] 1 month
   *[other] { $count } months
}
age-years = { $count ->
    [one] 1 year
   *[other] { $count } years
}
ago = { $age } ago
ago-future = in the future by this machine’s clock
until = in { $age }
until-now = now
time-utc = { $time } UTC
date-time-utc = { $date }, { $time } UTC
date-time = { $date }, { $time }
date-day = { $day } { $month } { $year }
date-day-short = { $day } { $month }
date-month = { $month } { $year }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
bytes-plain = { $size ->
    [one] 1 byte
   *[other] { $size } bytes
}
bytes-kilo = { $size } kB
bytes-mega = { $size } MB
bytes-giga = { $size } GB
