//! Zoom's answers: meetings, lists, users, settings and errors, by themselves and through a whole booking.

#![no_main]

use kivicare_telemed::meeting::Visit;
use kivicare_telemed::service::{Host, Visited, Wish};
use kivicare_telemed::store::{OperationState, Provider};
use kivicare_telemed::zoom::MeetingChange;
use libfuzzer_sys::fuzz_target;
use telemed_fuzz::{check, check_outcome, mapping, run, site_answered_by, support, visit};

fn host() -> Host {
    Host {
        provider: Provider::Zoom,
        ..support::doctor()
    }
}

fn visited(visit: Visit) -> Visited {
    Visited {
        appointment_id: visit.appointment_id,
        wish: Some(Wish { visit, host: host() }),
        holder: host(),
        gone: false,
        verify: true,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&what, answers)) = data.split_first() else {
        return;
    };
    let telemed = site_answered_by(answers);
    let client = telemed.zoom_client(&host()).expect("a client");
    let draft = || visit().draft("0".repeat(32)).expect("a draft");
    run(async {
        match what % 10 {
            0 => drop(check(client.create(&draft()).await)),
            1 => drop(check(client.meeting("85012345678").await)),
            2 => drop(check(client.upcoming().await)),
            3 => drop(check(client.find_by_marker("0000").await)),
            4 => drop(check(client.current_user().await)),
            5 => drop(check(client.passcode_rules().await)),
            6 => drop(check(
                client.update("1", &MeetingChange::at(draft().start, 30)).await,
            )),
            7 => drop(check(client.delete("1").await)),
            8 => {
                let made =
                    check(telemed.create_meeting(&visit(), &host()).await).expect("the memory does not fail");
                check_outcome(&made);
                assert!(made.state != OperationState::Done || made.mapping.is_some());
            }
            _ => {
                let known = mapping(
                    Provider::Zoom,
                    "85012345678",
                    r#"{"via":"own","doctor_id":7,"patient_id":9,"start_time":"2030-02-01T04:30:00Z","duration":30}"#,
                );
                check(telemed.store.save_mapping(&known).await);
                if let Some(outcome) = check(telemed.reconcile(&visited(visit())).await) {
                    check_outcome(&outcome);
                }
            }
        }
    });
});
