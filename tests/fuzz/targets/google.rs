//! Google's answers: events, lists, channels, calendars and errors, by themselves and through a whole booking.

#![no_main]

use kivicare_telemed::meet::NewChannel;
use kivicare_telemed::meeting::Visit;
use kivicare_telemed::service::{Visited, Wish};
use kivicare_telemed::store::{OperationState, Provider};
use libfuzzer_sys::fuzz_target;
use telemed_fuzz::support::google_doctor as host;
use telemed_fuzz::{check, check_outcome, mapping, run, site_answered_by, visit};

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
    let client = telemed.meet_client(7).expect("a client");
    let draft = || visit().draft("0".repeat(32)).expect("a draft");
    run(async {
        match what % 10 {
            0 => {
                if let Some(event) = check(client.insert("kct0", &draft()).await) {
                    let _ = (
                        event.link(),
                        event.conference(),
                        event.is_cancelled(),
                        event.is_at(draft().start, 30),
                    );
                }
            }
            1 => drop(check(client.event("kct0").await)),
            2 => drop(check(client.patch("kct0", &draft()).await)),
            3 => drop(check(client.remove("kct0").await)),
            4 => drop(check(
                client
                    .page(if answers.len() % 2 == 0 { "" } else { "sync" }, "")
                    .await,
            )),
            5 => drop(check(client.primary().await)),
            6 => {
                let channel = NewChannel::web_hook("id", "https://clinic.example.test/push", "token", 3600);
                let _ = check(client.watch(&channel).await).map(|channel| channel.expires_at());
            }
            7 => {
                check(telemed.follow_calendar(7).await);
                let pulled = telemed.pull(7).await;
                assert!(
                    !format!("{pulled:?}").contains(telemed_fuzz::SECRET),
                    "{pulled:?}"
                );
            }
            8 => {
                let made =
                    check(telemed.create_meeting(&visit(), &host()).await).expect("the memory does not fail");
                check_outcome(&made);
                assert!(made.state != OperationState::Done || made.mapping.is_some());
            }
            _ => {
                let known = mapping(
                    Provider::GoogleMeet,
                    "kct0",
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
