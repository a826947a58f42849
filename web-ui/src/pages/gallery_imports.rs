//! The gallery's pages of imports, from the choice of a file to its undoing.

use cairn_casebook::*;
use cairn_record::{Reason, reason};

use super::gallery::{Flavour, HOUR_MS, MINUTE_MS, NOW_MS, Shown, html};
use super::imports::RunShown;
use super::*;
use crate::words::Words;

impl Flavour {
    pub(super) fn import_pages(self) -> Vec<Shown> {
        let visit = |path: &str| self.visit(Role::Analyst, path);
        let sniffed = cairn_intake::sniff(self.file().as_bytes());
        let batch = |undone_ms| ImportBatch {
            batch: "b-20251122-0912".into(),
            report: self.report(false),
            person: self.t("Analyst P. Reyes"),
            at_ms: NOW_MS - 2 * HOUR_MS,
            undone_ms,
        };
        let run = |state| {
            imports::RunPage::of(
                visit("/imports/f/run"),
                "f",
                &self.t("northmark-crime.csv"),
                self.t("northmark-crime"),
                state,
            )
        };
        let going = |dry_run| RunShown::Going { dry_run, read: 412, imported: 398, since_ms: NOW_MS - MINUTE_MS };
        let report = |dry_run| {
            let words = Words::new(self.language);
            RunShown::Done(Box::new(imports::ReportShown::of(words, self.report(dry_run), "/imports/f")))
        };
        let names = vec![self.t("northmark-crime"), self.t("harbour-log")];
        let words = Words::new(self.language);
        vec![
            (
                "imports",
                html(&imports::ImportsPage::of(visit("/imports"), vec![batch(None), batch(Some(NOW_MS - HOUR_MS))])),
            ),
            ("imports-none", html(&imports::ImportsPage::of(visit("/imports"), Vec::new()))),
            (
                "import-choose",
                html(&mapping::ChoosePage::of(
                    visit("/imports/f"),
                    "f",
                    &self.t("northmark-crime.csv"),
                    names,
                    sniffed.clone(),
                )),
            ),
            (
                "import-columns",
                html(&mapping::ColumnsPage::of(visit("/imports/f/columns"), "f", &self.t("Harbour log.csv"), &sniffed)),
            ),
            ("import-going", html(&run(going(false)))),
            ("import-checked", html(&run(report(true)))),
            ("import-applied", html(&run(report(false)))),
            (
                "import-failed",
                html(&run(RunShown::Failed(words.sentence(&reason!("file-column-twice", name = self.t("Crime No")))))),
            ),
            ("import-batch", html(&imports::BatchPage::of(visit("/imports/batches/b"), batch(None)))),
            (
                "import-batch-undone",
                html(&imports::BatchPage::of(visit("/imports/batches/b"), batch(Some(NOW_MS - HOUR_MS)))),
            ),
        ]
    }

    fn file(self) -> String {
        let rows = "Crime No,Date,Offence,Place,Vehicle,Notes\nNM-2024-00117,03/11/2024,Burglary,Harrow Lane 12,OH3338L,Entered by the rear window\n\
            NM-2024-00118,04/11/2024,Theft,Quay 3,,A bicycle and a pump\nNM-2024-00119,21/11/2024,Handling,River road 7,BX 117 K,Seen by two people\n";
        if self.hostile {
            rows.replace("Quay 3", "<script>alert(1)</script>").replace("Offence", "<img src=x onerror=alert(2)>")
        } else {
            self.t(rows)
        }
    }

    fn report(self, dry_run: bool) -> ImportReport {
        let row = |line, code: &str, said: Reason, raw: &str| RejectedRow {
            line,
            code: code.into(),
            reason: said.to_string(),
            said: Some(said),
            raw: self.t(raw),
        };
        let (column, why) = (self.t("Date"), reason!("problem-grade-scheme"));
        ImportReport {
            batch: if dry_run { String::new() } else { "b-20251122-0912".into() },
            dry_run,
            mapping: self.t("northmark-crime"),
            file: self.t("northmark-crime.csv"),
            read: 812,
            imported: 774,
            same: 35,
            rejected: vec![
                row(
                    118,
                    "bad-date",
                    reason!("row-date-calendar", column = column, text = self.t("31/02/2024")),
                    "NM-2024-00117,31/02/2024,Burglary,Harrow Lane 12,OH3338L,\"Entered by the rear window\"",
                ),
                row(
                    301,
                    "too-few-columns",
                    reason!("row-columns-cut", found = 7_u8, columns = 11_u8),
                    "NM-2024-00300,02/03/2024,Theft",
                ),
                row(
                    640,
                    "no-reference",
                    reason!("row-invalid", part = self.t("report"), why = why),
                    ",14/06/2024,Handling,Quay 3",
                ),
            ],
            created: [("event".to_string(), 774), ("person".to_string(), 211), ("vehicle".to_string(), 1)].into(),
            changed: 12,
            remarks: vec![row(
                22,
                "value",
                reason!("row-lost-letters", column = self.t("Outcome"), text = self.t("?koda")),
                "",
            )],
        }
    }
}
