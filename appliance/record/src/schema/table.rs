//! The table: which fields each kind has.
//!
//! Limits follow the POLE minimum standard of the UK's National Police Chiefs' Council (version 1.1) where
//! it gives one, except for names: it cuts them at 35 characters, a passport carries 39 and many people
//! have longer ones.

use FieldType::{
    Bool, Code, Country, Date, DateTime, DocumentNumber, Int, LongText, Name, Phone, Plate, Record, Text, Vin,
};

use super::codes;
use super::{Field, FieldNo, FieldType, KindSchema};
use crate::Kind;

/// A field with what is usual for its type; the methods below say where one differs.
const fn field(no: u16, key: &'static str, label: &'static str, holds: FieldType) -> Field {
    let max_chars = match holds {
        Text | Name | Code(_) => 70,
        LongText => 10_000,
        Date => 10,
        DateTime => 16,
        Plate => 20,
        Phone | DocumentNumber => 35,
        Vin => 25,
        Country => 3,
        Bool => 5,
        Int => 20,
        Record => 36,
    };
    let searched = matches!(holds, Text | LongText | Name | Plate | Phone | DocumentNumber | Vin);
    Field {
        no: FieldNo(no),
        key,
        label,
        holds,
        max_chars,
        many: false,
        required: false,
        identifies: false,
        searched,
        entered: true,
    }
}

impl Field {
    const fn many(mut self) -> Self {
        self.many = true;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn identifies(mut self) -> Self {
        self.identifies = true;
        self
    }

    const fn max(mut self, chars: usize) -> Self {
        self.max_chars = chars;
        self
    }

    const fn not_searched(mut self) -> Self {
        self.searched = false;
        self
    }

    const fn set_by_appliance(mut self) -> Self {
        self.entered = false;
        self
    }
}

/// The fields every kind has.
pub const COMMON: &[Field] = &[
    field(6, "grade_scheme", "Grading scheme", Code(codes::GRADE_SCHEME)),
    field(7, "grade_source", "Source grade", Code(codes::GRADE_SOURCE)),
    field(8, "grade_information", "Information grade", Code(codes::GRADE_INFORMATION)),
    field(11, "grade_reason", "Reason for the grade", Text).max(300).not_searched(),
    field(9, "handling", "Handling codes", Text).many().max(100).not_searched(),
    field(12, "handling_conditions", "Handling conditions", LongText).max(2_000).not_searched(),
    field(10, "remarks", "Remarks", LongText),
    field(2, "origin_system", "From system", Text).not_searched().set_by_appliance(),
    field(3, "origin_ref", "Reference there", Text).set_by_appliance(),
    field(5, "origin_agency", "From force", Text).set_by_appliance(),
    field(4, "import_batch", "Import", Text).not_searched().set_by_appliance(),
    field(1, "withdrawn", "Withdrawn", Bool).set_by_appliance(),
];

const PERSON_FIELDS: &[Field] = &[
    field(32, "surname", "Surname", Name).identifies(),
    field(33, "forenames", "Forenames", Name).identifies(),
    field(34, "alias", "Also known as", Name).many().identifies(),
    field(35, "date_of_birth", "Date of birth", Date),
    field(36, "gender", "Gender", Code(codes::GENDER)),
    field(37, "nationality", "Nationality", Country).many(),
    field(38, "national_number", "National or tax number", DocumentNumber).many().identifies(),
    field(39, "birth_place", "Place of birth", Name),
    field(40, "birth_country", "Country of birth", Country),
    field(41, "father_name", "Father's name", Name),
    field(42, "mother_name", "Mother's name", Name),
    field(43, "occupation", "Occupation", Text),
    field(44, "height_cm", "Height in cm", Int),
    field(45, "build", "Build", Code(codes::BUILD)),
    field(46, "hair", "Hair", Code(codes::HAIR)),
    field(47, "eyes", "Eyes", Code(codes::EYES)),
    field(48, "marks", "Distinguishing marks", Text).many().max(300),
    field(49, "description", "Description", LongText),
    field(50, "date_of_death", "Date of death", Date),
];

const ORGANISATION_FIELDS: &[Field] = &[
    field(32, "name", "Name", Name).max(140).required().identifies(),
    field(33, "alias", "Also known as", Name).max(140).many().identifies(),
    field(34, "organisation_kind", "What it is", Code(codes::ORGANISATION_KIND)),
    field(35, "registration_number", "Registration number", DocumentNumber).many().identifies(),
    field(36, "country", "Country", Country),
    field(37, "activity", "Activity", Text).max(300),
    field(38, "founded", "Founded", Date),
    field(39, "description", "Description", LongText),
];

const VEHICLE_FIELDS: &[Field] = &[
    field(32, "plate", "Plate", Plate).identifies(),
    field(33, "plate_country", "Country of the plate", Country),
    field(34, "other_plates", "Other plates", Plate).many().identifies(),
    field(35, "vin", "VIN", Vin).identifies(),
    field(36, "make_model", "Make and model", Text),
    field(37, "vehicle_kind", "What it is", Code(codes::VEHICLE_KIND)),
    field(38, "colour", "Colour", Code(codes::COLOUR)),
    field(39, "year", "Year of build", Int),
    field(40, "status", "Status", Code(codes::VEHICLE_STATUS)),
    field(41, "status_date", "Status since", Date),
    field(42, "description", "Description", LongText),
];

const DOCUMENT_FIELDS: &[Field] = &[
    field(32, "document_kind", "What it is", Code(codes::DOCUMENT_KIND)),
    field(33, "number", "Number", DocumentNumber).required().identifies(),
    field(34, "issuing_country", "Issued by", Country),
    field(35, "holder_name", "Holder's name", Name).max(140),
    field(36, "holder_date_of_birth", "Holder's date of birth", Date),
    field(37, "issued_on", "Issued on", Date),
    field(38, "valid_until", "Valid until", Date),
    field(39, "status", "Status", Code(codes::DOCUMENT_STATUS)),
    field(40, "status_date", "Status since", Date),
    field(41, "description", "Description", LongText),
];

const PHONE_FIELDS: &[Field] = &[
    field(32, "number", "Number", Phone).required().identifies(),
    field(33, "phone_kind", "What it is", Code(codes::PHONE_KIND)),
    field(34, "imei", "IMEI of the handset", DocumentNumber).many().identifies(),
    field(35, "network", "Network", Text),
    field(36, "description", "Description", LongText),
    field(37, "country", "Country it was written in", Country),
];

const LOCATION_FIELDS: &[Field] = &[
    field(32, "location_kind", "What it is", Code(codes::LOCATION_KIND)),
    field(33, "address", "Address", Text).max(140),
    field(34, "place", "Town or place", Name),
    field(35, "region", "Region", Name),
    field(36, "postcode", "Postcode", Text).max(12),
    field(37, "country", "Country", Country),
    field(38, "latitude", "Latitude", Text).max(14).not_searched(),
    field(39, "longitude", "Longitude", Text).max(15).not_searched(),
    field(40, "description", "Description", LongText),
];

const EVENT_FIELDS: &[Field] = &[
    field(32, "event_kind", "What happened", Code(codes::EVENT_KIND)).required(),
    field(33, "reference", "Reference", Text).max(40),
    field(34, "occurred", "When", DateTime),
    field(35, "ended", "Until", DateTime),
    field(36, "recorded", "Recorded", DateTime),
    field(37, "offence", "Offence", Code(codes::OFFENCE)),
    field(38, "offence_words", "Offence in own words", Text).max(300),
    field(39, "place", "Place", Text).max(140),
    field(40, "priority", "Priority there", Text).max(20).not_searched(),
    field(41, "narrative", "Narrative", LongText),
    field(42, "plates", "Plates mentioned", Plate).many().identifies(),
    field(43, "phones", "Phones mentioned", Phone).many().identifies(),
    field(44, "outcome", "Outcome", Text).max(300),
    field(45, "country", "Country", Country),
];

const REPORT_FIELDS: &[Field] = &[
    field(32, "title", "Title", Text).max(140).required(),
    field(33, "reference", "Report reference", Text).max(40),
    field(34, "reported", "Reported", DateTime),
    field(35, "about_from", "About the time from", DateTime),
    field(36, "about_until", "About the time until", DateTime),
    field(37, "priority", "Priority", Code(codes::PRIORITY)),
    field(38, "operation", "Operation", Text),
    field(39, "source_reference", "Source reference", Text).max(40).not_searched(),
    field(40, "text", "Text", LongText).required(),
    field(41, "plates", "Plates mentioned", Plate).many().identifies(),
    field(42, "phones", "Phones mentioned", Phone).many().identifies(),
    field(43, "documents", "Documents mentioned", DocumentNumber).many().identifies(),
    field(44, "country", "Country", Country),
];

const MARKER_FIELDS: &[Field] = &[
    field(32, "subject", "Marked record", Record).required(),
    field(33, "marker", "Marker", Code(codes::MARKER)).required(),
    field(34, "reason", "Reason", LongText).max(2_000).required(),
    field(35, "requested_action", "Requested action", Code(codes::REQUESTED_ACTION)),
    field(36, "contact", "Whom to call", Text).max(140),
    field(37, "status", "Status", Code(codes::MARKER_STATUS)),
    field(38, "set_on", "Set on", Date),
    field(39, "confirm_by", "Confirm by", Date),
    field(40, "review_by", "Review by", Date),
    field(41, "expires_on", "Ends on", Date),
    field(42, "discreet", "Discreet: the subject must not notice", Bool),
    field(43, "case_reference", "Case reference", Text).max(40),
    field(44, "when_asked", "When another site asks", Code(codes::WHEN_ASKED)),
];

const LINK_FIELDS: &[Field] = &[
    field(32, "from", "From record", Record).required(),
    field(33, "to", "To record", Record).required(),
    field(34, "relation", "Relation", Code(codes::RELATION)).required(),
    field(35, "since", "Since", Date),
    field(36, "until", "Until", Date),
    field(37, "certainty", "Certainty", Code(codes::CERTAINTY)),
];

/// A kind's own fields followed by the common ones.
const fn with_common<const ALL: usize>(own: &[Field]) -> [Field; ALL] {
    let mut all = [COMMON[0]; ALL];
    let mut at = 0;
    while at < ALL {
        all[at] = if at < own.len() { own[at] } else { COMMON[at - own.len()] };
        at += 1;
    }
    all
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident, $label:literal, $plural:literal, $own:ident;)+) => {
        $(
            $(#[$doc])*
            pub static $name: KindSchema = KindSchema {
                kind: Kind::$kind,
                label: $label,
                plural: $plural,
                fields: &{
                    const ALL: [Field; $own.len() + COMMON.len()] = with_common($own);
                    ALL
                },
            };
        )+
    };
}

kinds! {
    /// People.
    PERSON = Person, "Person", "People", PERSON_FIELDS;
    /// Companies, groups and authorities.
    ORGANISATION = Organisation, "Organisation", "Organisations", ORGANISATION_FIELDS;
    /// Vehicles.
    VEHICLE = Vehicle, "Vehicle", "Vehicles", VEHICLE_FIELDS;
    /// Identity and travel documents.
    DOCUMENT = Document, "Document", "Documents", DOCUMENT_FIELDS;
    /// Telephone numbers.
    PHONE = Phone, "Phone", "Phones", PHONE_FIELDS;
    /// Addresses and places.
    LOCATION = Location, "Location", "Locations", LOCATION_FIELDS;
    /// Crimes, incidents, stops, crossings, custody.
    EVENT = Event, "Event", "Events", EVENT_FIELDS;
    /// Intelligence reports.
    REPORT = Report, "Report", "Reports", REPORT_FIELDS;
    /// Warnings and requests on a record.
    MARKER = Marker, "Marker", "Markers", MARKER_FIELDS;
    /// Relations between two records.
    LINK = Link, "Link", "Links", LINK_FIELDS;
}
