# When links are used: hours, bytes a day, metered links.

rules-title = Link settings
rules-lead = When this machine calls other sites, and for how much. An urgent entry goes at once whatever is set here.
rules-go = Link settings
rules-general = For every site without settings of its own
rules-general-hint = The bytes of a day are those of all these sites together.
rules-when = The link is used
rules-when-always = at any time
rules-when-windows = only in these hours
rules-when-metered = only when somebody says “Sync now” (every byte costs)
rules-hours = Hours
rules-hours-hint = For example 22:00-05:00, 12:30-13:00. Hours over midnight are one entry.
rules-budget = Megabytes a day
rules-budget-hint = Both ways together, as counted here; the provider counts about 3 in 100 more. Leave it empty for no limit.
rules-budget-wrong = This is not a number of megabytes, such as 5 or 0.5. Nothing was changed.
rules-offset = Time at this site
rules-offset-hint = The hours above and the beginning of the day are in this time. It does not change by itself in summer.
rules-save = Save
rules-site = Settings of one site
rules-site-choose = Of which site
rules-site-add = Give it settings of its own
rules-drop = Use the general settings again
rules-none = Every other site that is known here has settings of its own.
rules-only-administrator = An administrator changes these settings.

rule-says-always = At any time.
rule-says-windows = Each day { $windows }.
rule-says-metered = Only urgent entries, until somebody says “Sync now”.
rule-says-budget = At most { $bytes } a day.
rule-used = { $used } of { $most } used today.
rule-waits-window = Next attempt at { $time }, { $until }. An urgent entry goes at once.
rule-waits-budget = Today’s bytes are used up: next attempt at { $time }, { $until }. An urgent entry goes at once.
rule-waits-metered = Every byte costs: it waits until somebody says “Sync now”. An urgent entry goes at once.
rule-waits-cancelled = Cancelled by a person: next attempt at { $time }, { $until }, or with “Sync now”. An urgent entry goes at once.
