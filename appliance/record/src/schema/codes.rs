//! Code lists. A code is stored and never changes its meaning; its English label may be improved.

/// A code list: `(code, English label)` in the order in which forms show it.
pub type Codes = &'static [(&'static str, &'static str)];

/// Grading schemes. A grade means nothing without its scheme: "B2" and "2B" are different things.
pub const GRADE_SCHEME: Codes =
    &[("3x5x2", "3x5x2 (UK)"), ("5x5x5", "5x5x5 (older UK)"), ("4x4", "4x4 (Europol)"), ("6x6", "6x6 (Admiralty)")];

/// Source codes of all schemes together; [`crate::grade`] says which belong to which and what they mean.
pub const GRADE_SOURCE: Codes = &[
    ("1", "1"),
    ("2", "2"),
    ("3", "3"),
    ("A", "A"),
    ("B", "B"),
    ("C", "C"),
    ("D", "D"),
    ("E", "E"),
    ("F", "F"),
    ("X", "X"),
];

/// Information codes of all schemes together; [`crate::grade`] says which belong to which.
pub const GRADE_INFORMATION: Codes = &[
    ("A", "A"),
    ("B", "B"),
    ("C", "C"),
    ("D", "D"),
    ("E", "E"),
    ("1", "1"),
    ("2", "2"),
    ("3", "3"),
    ("4", "4"),
    ("5", "5"),
    ("6", "6"),
];

/// Gender as in the POLE minimum standard, DS_037.
pub const GENDER: Codes = &[
    ("male", "Male"),
    ("female", "Female"),
    ("trans_male", "Trans male"),
    ("trans_female", "Trans female"),
    ("non_binary", "Non-binary"),
    ("intersex", "Intersex"),
    ("not_specified", "Not specified"),
    ("not_known", "Not known"),
];

/// Build, POLE DS_039.
pub const BUILD: Codes = &[
    ("thin", "Thin"),
    ("slim", "Slim"),
    ("medium", "Medium"),
    ("stocky", "Stocky"),
    ("broad", "Broad"),
    ("large", "Large"),
    ("heavy", "Heavy"),
    ("fat", "Fat"),
    ("unknown", "Not known"),
];

/// Eye colour, POLE DS_041.
pub const EYES: Codes = &[
    ("blue", "Blue"),
    ("brown", "Brown"),
    ("green", "Green"),
    ("grey", "Grey"),
    ("hazel", "Hazel"),
    ("different", "Two colours"),
    ("unknown", "Not known"),
];

/// Hair, POLE DS_046 with the dyed colours folded into one.
pub const HAIR: Codes = &[
    ("black", "Black"),
    ("dark_brown", "Dark brown"),
    ("brown", "Brown"),
    ("light_brown", "Light brown"),
    ("blonde", "Blonde"),
    ("fair", "Fair"),
    ("ginger", "Ginger"),
    ("grey", "Grey"),
    ("white", "White"),
    ("dyed", "Dyed"),
    ("bald", "Bald"),
    ("unknown", "Not known"),
];

/// What an organisation is.
pub const ORGANISATION_KIND: Codes = &[
    ("company", "Company"),
    ("crime_group", "Organised crime group"),
    ("authority", "Authority"),
    ("charity", "Charity or association"),
    ("informal", "Informal group"),
    ("other", "Other"),
    ("unknown", "Not known"),
];

/// What a vehicle is.
pub const VEHICLE_KIND: Codes = &[
    ("car", "Car"),
    ("van", "Van"),
    ("lorry", "Lorry"),
    ("bus", "Bus or coach"),
    ("motorcycle", "Motorcycle"),
    ("trailer", "Trailer"),
    ("farm", "Farm or building machine"),
    ("other", "Other"),
    ("unknown", "Not known"),
];

/// Colours of vehicles.
pub const COLOUR: Codes = &[
    ("white", "White"),
    ("black", "Black"),
    ("grey", "Grey"),
    ("silver", "Silver"),
    ("red", "Red"),
    ("blue", "Blue"),
    ("green", "Green"),
    ("yellow", "Yellow"),
    ("orange", "Orange"),
    ("brown", "Brown"),
    ("beige", "Beige"),
    ("gold", "Gold"),
    ("purple", "Purple"),
    ("pink", "Pink"),
    ("several", "Several colours"),
    ("unknown", "Not known"),
];

/// Status of a vehicle. `unconfirmed` reports are a state of their own: they must not look like no report.
pub const VEHICLE_STATUS: Codes = &[
    ("in_use", "In use"),
    ("stolen", "Lost or stolen"),
    ("stolen_unconfirmed", "Reported stolen, not confirmed"),
    ("deception", "Obtained by deception"),
    ("found", "Found or recovered"),
    ("seized", "Seized or impounded"),
    ("cloned", "Suspected cloned or false plates"),
    ("scrapped", "Destroyed or scrapped"),
    ("unknown", "Not known"),
];

/// What a document is.
pub const DOCUMENT_KIND: Codes = &[
    ("passport", "Passport"),
    ("identity_card", "Identity card"),
    ("visa", "Visa"),
    ("residence_permit", "Residence permit"),
    ("travel_document", "Refugee or other travel document"),
    ("crew", "Crew member certificate"),
    ("driving_licence", "Driving licence"),
    ("vehicle_registration", "Vehicle registration document"),
    ("other", "Other"),
    ("unknown", "Not known"),
];

/// Status of a document, as in INTERPOL's database of stolen and lost travel documents.
pub const DOCUMENT_STATUS: Codes = &[
    ("valid", "Valid"),
    ("lost", "Lost"),
    ("stolen", "Stolen"),
    ("stolen_blank", "Stolen blank"),
    ("revoked", "Revoked"),
    ("invalid", "Invalid"),
    ("false", "Suspected false or altered"),
    ("unknown", "Not known"),
];

/// What a telephone number belongs to.
pub const PHONE_KIND: Codes = &[
    ("mobile", "Mobile"),
    ("landline", "Landline"),
    ("fax", "Fax"),
    ("satellite", "Satellite"),
    ("internet", "Internet number"),
    ("unknown", "Not known"),
];

/// What a location is, after POLE L_001 to L_005.
pub const LOCATION_KIND: Codes = &[
    ("residential", "Home"),
    ("business", "Business"),
    ("public", "Public place or road"),
    ("crossing", "Border crossing"),
    ("area", "Area"),
    ("no_fixed_abode", "No fixed abode"),
    ("other", "Other"),
    ("unknown", "Not known"),
];

/// What an event is.
pub const EVENT_KIND: Codes = &[
    ("crime", "Crime"),
    ("incident", "Incident or call"),
    ("custody", "Custody"),
    ("stop", "Stop or search"),
    ("crossing", "Border crossing"),
    ("sighting", "Sighting"),
    ("seizure", "Seizure"),
    ("operation", "Operation"),
    ("meeting", "Meeting"),
    ("other", "Other"),
];

/// Offences by the International Classification of Crime for Statistical Purposes (UNODC, ICCS 1.0). The
/// officer's own words stay beside it in their own field.
pub const OFFENCE: Codes = &[
    ("0101", "Intentional homicide"),
    ("0102", "Attempted homicide"),
    ("0103", "Non-intentional homicide"),
    ("0201", "Assault or threat"),
    ("020221", "Kidnapping"),
    ("0203", "Slavery or exploitation"),
    ("0204", "Trafficking in persons"),
    ("0205", "Coercion or extortion"),
    ("0301", "Sexual violence"),
    ("0302", "Sexual exploitation"),
    ("03022", "Sexual exploitation of children"),
    ("0401", "Robbery"),
    ("0501", "Burglary"),
    ("05012", "Burglary of a dwelling"),
    ("0502", "Theft"),
    ("05021", "Theft of a motor vehicle or its parts"),
    ("0503", "Intellectual property offence"),
    ("0504", "Property damage"),
    ("0509", "Other acts against property, such as handling stolen goods"),
    ("0601", "Controlled drugs or precursors"),
    ("06011", "Drugs for personal use"),
    ("06012", "Drug trafficking"),
    ("0602", "Alcohol or tobacco offence"),
    ("0701", "Fraud"),
    ("0702", "Forgery or counterfeiting"),
    ("0703", "Corruption"),
    ("0704", "Proceeds of crime"),
    ("07041", "Money laundering"),
    ("0804", "Revenue or customs offence"),
    ("0805", "Migration offence"),
    ("08051", "Smuggling of migrants"),
    ("0806", "Offence against justice"),
    ("0901", "Weapons or explosives offence"),
    ("0903", "Offence against computer systems"),
    ("0905", "Organised criminal group"),
    ("0906", "Terrorism"),
    ("0907", "Traffic offence"),
    ("10", "Offence against the environment"),
    ("11", "Other offence"),
];

/// Urgency of a report.
pub const PRIORITY: Codes =
    &[("routine", "Routine"), ("priority", "Priority"), ("immediate", "Immediate"), ("flash", "Flash")];

/// Warnings and requests. Person warnings follow the signals of the UK Police National Computer, requests
/// the alerts of the Schengen system and INTERPOL's notices.
pub const MARKER: Codes = &[
    ("firearms", "Firearms"),
    ("weapons", "Weapons"),
    ("explosives", "Explosives"),
    ("violent", "Violent"),
    ("escaper", "Escaper"),
    ("contagious", "Contagious"),
    ("ailment", "Ailment or medication"),
    ("suicidal", "Suicidal"),
    ("mental_health", "Mental health"),
    ("drugs", "Drugs"),
    ("alleges", "May make false allegations"),
    ("impersonation", "Uses other identities"),
    ("wanted", "Wanted for arrest"),
    ("missing", "Missing person"),
    ("vulnerable", "Vulnerable person, prevent travel"),
    ("judicial", "Sought for a judicial procedure"),
    ("entry_ban", "Entry or stay refused"),
    ("stolen", "Lost or stolen"),
    ("deception", "Obtained by deception"),
    ("cloned", "Suspected cloned or false plates"),
    ("no_insurance", "No insurance or no keeper"),
    ("seize", "Sought for seizure or as evidence"),
    ("scrapped", "Destroyed or scrapped"),
    ("document_misuse", "Document lost, stolen or misused"),
    ("police", "Police vehicle or property"),
    ("crime_link", "Linked to crime"),
    ("information", "Information"),
];

/// What the holder of a marker asks for.
pub const REQUESTED_ACTION: Codes = &[
    ("stop", "Stop"),
    ("observe", "Do not stop, observe only"),
    ("inquiry_check", "Inquiry check (interview)"),
    ("specific_check", "Specific check (search)"),
    ("arrest", "Arrest"),
    ("locate", "Locate and report"),
    ("seize", "Seize"),
    ("preserve", "Preserve for forensics"),
    ("contact_owner", "Contact the holder before acting"),
    ("refuse_entry", "Refuse entry"),
    ("caution", "Approach with care"),
    ("none", "No action, information only"),
];

/// How far a marker has been confirmed. An unconfirmed marker never vanishes by itself.
pub const MARKER_STATUS: Codes =
    &[("unconfirmed", "Not yet confirmed"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")];

/// What the answer to a question of another site may say. Without one of these: everything.
pub const WHEN_ASKED: Codes = &[
    ("open", "Tell them what is held"),
    ("contact", "Tell them only whom to call"),
    ("silent", "Tell them nothing, and tell us that they asked"),
];

/// What the first record of a link is to the second.
pub const RELATION: Codes = &[
    ("suspect", "Suspect in"),
    ("victim", "Victim in"),
    ("witness", "Witness in"),
    ("detainee", "Detained in"),
    ("reporter", "Reported"),
    ("subject", "Subject of"),
    ("involved", "Involved in"),
    ("driver", "Driver of"),
    ("passenger", "Passenger of"),
    ("keeper", "Owner or keeper of"),
    ("user", "User of"),
    ("holder", "Holder of"),
    ("home", "Lives at"),
    ("work", "Works at"),
    ("place", "Took place at"),
    ("seen_at", "Seen at"),
    ("member", "Member of"),
    ("employee", "Employed by"),
    ("relative", "Relative of"),
    ("partner", "Partner of"),
    ("associate", "Associate of"),
    ("called", "Called"),
    ("paid", "Paid"),
    ("used_in", "Used in"),
    ("stolen_in", "Stolen in"),
    ("seized_in", "Seized in"),
    ("mentioned", "Mentioned in"),
    ("part_of", "Part of"),
    ("evidence", "Evidence for"),
    ("related", "Related to"),
];

/// How sure the holder is of a link.
pub const CERTAINTY: Codes =
    &[("confirmed", "Confirmed"), ("probable", "Probable"), ("possible", "Possible"), ("unknown", "Not known")];
