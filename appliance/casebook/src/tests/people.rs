use super::*;
use crate::{CasebookError, Right, SignInError};

#[test]
fn sign_in_is_audited_either_way_and_slowed_down_after_five_failures() {
    let hub = Site::hub();
    hub.book.add_person(&Actor::terminal(), &person("k.daniels", Role::Officer), NOW).unwrap();
    for _ in 0..5 {
        assert!(matches!(hub.book.sign_in("k.daniels", "wrong", Via::Screen, NOW), Err(SignInError::Wrong)));
    }
    let waiting = hub.book.sign_in("k.daniels", "a long password", Via::Screen, NOW);
    assert!(matches!(waiting, Err(SignInError::Wait { seconds: 1 })), "{waiting:?}");
    let actor = hub.book.sign_in("K.Daniels ", "a long password", Via::Screen, NOW + 1_001).unwrap();
    assert_eq!((actor.user.as_str(), actor.role), ("k.daniels", Some(Role::Officer)));
    let lines = hub.book.audit(&Actor::terminal(), &Default::default(), NOW).unwrap();
    assert_eq!(lines.iter().filter(|line| line.action == "sign_in_refused").count(), 5);
    assert_eq!(lines.iter().filter(|line| line.action == "sign_in").count(), 1);
}

#[test]
fn a_switched_off_account_is_out_at_once_and_the_last_administrator_stays() {
    let hub = Site::hub();
    let terminal = Actor::terminal();
    hub.book.add_person(&terminal, &person("ada", Role::Administrator), NOW).unwrap();
    hub.book.add_person(&terminal, &person("kay", Role::Officer), NOW).unwrap();
    let kay = hub.book.sign_in("kay", "a long password", Via::Api, NOW).unwrap();
    hub.book.change_person(&terminal, "kay", Role::Officer, true, NOW).unwrap();
    assert_eq!(hub.book.refresh_actor(&kay), None);
    assert!(hub.book.sign_in("kay", "a long password", Via::Api, NOW).is_err());
    let last = hub.book.change_person(&terminal, "ada", Role::Officer, false, NOW);
    assert!(matches!(last, Err(CasebookError::BadRequest(_))), "{last:?}");
}

#[test]
fn people_outlive_a_restart_and_passwords_can_be_changed_by_their_owner() {
    let hub = Site::hub();
    hub.book.add_person(&Actor::terminal(), &person("kay", Role::Analyst), NOW).unwrap();
    let kay = hub.book.sign_in("kay", "a long password", Via::Screen, NOW).unwrap();
    assert!(hub.book.set_password(&kay, "kay", Some("not it"), "another password", NOW).is_err());
    hub.book.set_password(&kay, "kay", Some("a long password"), "another password", NOW).unwrap();
    let hub = hub.restart();
    assert!(hub.book.sign_in("kay", "a long password", Via::Screen, NOW).is_err());
    assert!(hub.book.sign_in("kay", "another password", Via::Screen, NOW).is_ok());
}

#[test]
fn each_role_is_refused_what_it_may_not_do() {
    let hub = Site::hub();
    for role in Role::ALL {
        let actor = hub.as_role(role);
        let checked = hub.book.check(&actor, "AB12CDE", NOW).is_ok();
        assert_eq!(checked, role.may(Right::Check), "{role:?} check");
        assert_eq!(hub.book.people(&actor).is_ok(), role.may(Right::ManagePeople), "{role:?} people");
        assert_eq!(hub.book.imports(&actor).is_ok(), role.may(Right::Import), "{role:?} imports");
        let audit = hub.book.audit(&actor, &Default::default(), NOW).is_ok();
        assert_eq!(audit, role.may(Right::ReadAudit), "{role:?} audit");
        let invited = hub.book.invite(&actor, &[], 1_000, NOW).is_ok();
        assert_eq!(invited, role.may(Right::Enrol), "{role:?} invite");
    }
}
