//! How records are laid out in tantivy.
//!
//! Words arrive ready made, so nothing is tokenised here, and because the score counts words and not how often they
//! stand where ([`crate::score`]), neither frequencies nor positions nor lengths are kept. The only thing stored is
//! the record's id, 16 bytes, uncompressed: lz4 and zstd are switched off as features, and random ids do not compress.

use cairn_record::RecordId;
use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::store::Compressor;
use tantivy::{IndexSettings, TantivyDocument, Term};

use crate::answer::MatchedBy;
use crate::tokens::Findable;

/// Small, because a page of hits opens one block for nearly every hit.
const STORE_BLOCK_BYTES: usize = 4 * 1024;

pub(crate) const KIND: &str = "kind";
pub(crate) const HOLDER: &str = "holder";
pub(crate) const RECORDED: &str = "recorded";

/// The fields of the index.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) record: Field,
    kind: Field,
    space: Field,
    holder: Field,
    recorded: Field,
    words: Field,
    names: Field,
    sounds: Field,
    identifiers: Field,
    lookalikes: Field,
}

/// The schema and its fields. Changing it makes an index on disk one of another version, which is wiped and built
/// again.
pub(crate) fn layout() -> (Schema, Fields) {
    let whole = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let text = TextOptions::default().set_indexing_options(whole);
    let number = NumericOptions::default().set_fast();
    let mut schema = Schema::builder();
    let fields = Fields {
        record: schema.add_bytes_field("record", BytesOptions::default().set_indexed().set_stored()),
        kind: schema.add_u64_field(KIND, number.clone()),
        space: schema.add_bytes_field("space", BytesOptions::default().set_indexed()),
        holder: schema.add_text_field(HOLDER, text.clone().set_fast("raw")),
        recorded: schema.add_u64_field(RECORDED, number),
        words: schema.add_text_field("words", text.clone()),
        names: schema.add_text_field("names", text.clone()),
        sounds: schema.add_text_field("sounds", text.clone()),
        identifiers: schema.add_text_field("identifiers", text.clone()),
        lookalikes: schema.add_text_field("lookalikes", text),
    };
    (schema.build(), fields)
}

pub(crate) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::None,
        docstore_blocksize: STORE_BLOCK_BYTES,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}

impl Fields {
    pub(crate) fn document(&self, findable: &Findable) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_bytes(self.record, &findable.record.0);
        document.add_u64(self.kind, findable.kind.number().into());
        document.add_bytes(self.space, &findable.space);
        document.add_text(self.holder, &findable.holder);
        document.add_u64(self.recorded, findable.recorded_s);
        let tokens = &findable.tokens;
        for (field, forms) in [
            (self.words, &tokens.words),
            (self.names, &tokens.names),
            (self.sounds, &tokens.sounds),
            (self.identifiers, &tokens.identifiers),
            (self.lookalikes, &tokens.lookalikes),
        ] {
            forms.iter().for_each(|form| document.add_text(field, form));
        }
        document
    }

    /// The fields every search looks into.
    pub(crate) fn searched(&self) -> impl Iterator<Item = Field> + use<> {
        [self.space, self.words, self.names, self.sounds, self.identifiers, self.lookalikes].into_iter()
    }

    /// The record a stored document names.
    pub(crate) fn record(&self, document: &TantivyDocument) -> Option<RecordId> {
        document.get_first(self.record)?.as_bytes()?.try_into().ok().map(RecordId)
    }

    pub(crate) fn record_term(&self, record: RecordId) -> Term {
        Term::from_field_bytes(self.record, &record.0)
    }

    pub(crate) fn space_term(&self, space: &[u8]) -> Term {
        Term::from_field_bytes(self.space, space)
    }

    pub(crate) fn holder_term(&self, holder: &str) -> Term {
        Term::from_field_text(self.holder, holder)
    }

    /// The term under which a form is found in this way. Beginnings and misspellings are looked for among all words.
    pub(crate) fn term(&self, by: MatchedBy, form: &str) -> Term {
        let field = match by {
            MatchedBy::Identifier => self.identifiers,
            MatchedBy::Name => self.names,
            MatchedBy::Word | MatchedBy::Prefix | MatchedBy::Misspelt => self.words,
            MatchedBy::LookAlike => self.lookalikes,
            MatchedBy::SoundsLike => self.sounds,
        };
        Term::from_field_text(field, form)
    }
}
