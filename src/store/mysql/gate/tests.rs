use super::*;

fn gate() -> Gate {
    let dir = std::env::temp_dir().join(format!("telemed-gate-{:016x}", rand::random::<u64>()));
    let owner = nix::unistd::geteuid().as_raw();
    assert!(private(&dir, owner));
    Gate {
        dir: Some(dir),
        kept: Mutex::default(),
    }
}

/// The same slots, as another process sees them.
fn other(gate: &Gate) -> Gate {
    Gate {
        dir: gate.dir.clone(),
        kept: Mutex::default(),
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(200)
}

#[test]
fn the_share_leaves_most_to_visitors() {
    let share = |account, server| Limits { account, server }.share();
    assert_eq!(share(15, 151), 5);
    assert_eq!(share(0, 151), 30);
    assert_eq!(share(0, 10_000), MOST);
    assert_eq!(share(3, 151), FEWEST);
    assert_eq!(share(100, 20), 4);
    let limits = Limits {
        account: 15,
        server: 151,
    };
    assert!(!limits.is_short(14));
    assert!(limits.is_short(15));
    assert!(!Limits { account: 0, ..limits }.is_short(1000));
}

#[test]
fn limits_are_learned_once_for_all_and_slots_follow_them() {
    let (one, two) = (gate(), None::<Gate>);
    assert!(two.is_none() && one.limits().is_none());
    assert_eq!(one.slots(), FEWEST);
    let limits = Limits {
        account: 15,
        server: 151,
    };
    one.learn(limits);
    let two = other(&one);
    assert_eq!(two.limits(), Some((limits, false)));
    let passes: Vec<_> = (0..5).map(|_| two.try_pass().unwrap()).collect();
    assert!(one.try_pass().is_none());
    drop(passes);
    assert!(one.try_pass().is_some());
}

#[tokio::test]
async fn who_waits_is_seen_and_served() {
    let one = gate();
    let two = other(&one);
    let (first, _second) = (one.try_pass().unwrap(), one.try_pass().unwrap());
    assert!(!one.is_wanted());
    assert!(two.pass(soon()).await.is_none());
    let waiting = tokio::spawn(async move { two.pass(Instant::now() + Duration::from_secs(30)).await });
    while !one.is_wanted() {
        sleep(Duration::from_millis(5)).await;
    }
    drop(first);
    assert!(waiting.await.unwrap().is_some());
}

#[tokio::test]
async fn two_are_had_together_or_not_at_all() {
    let one = gate();
    let two = other(&one);
    let pass = one.try_pass().unwrap();
    assert!(!two.lend_two(soon()).await);
    assert!(one.try_spare().is_some(), "nothing was kept of the attempt");
    drop(pass);
    assert!(two.lend_two(soon()).await);
    assert!(one.try_pass().is_none());
    // The reserve serves a session of ours, and comes back to it while PHP has one.
    let pass = two.try_pass().unwrap();
    assert!(two.try_pass().is_none());
    two.give_back(pass);
    assert!(one.try_pass().is_none());
    two.take_back();
    assert!(one.try_pass().is_some());
}

#[test]
fn a_folder_of_somebody_else_or_a_link_is_not_used() {
    let one = gate();
    let dir = one.dir.clone().unwrap();
    let owner = nix::unistd::geteuid().as_raw();
    assert!(!private(&dir, owner + 1));
    let link = dir.join("link");
    std::os::unix::fs::symlink(&dir, &link).unwrap();
    assert!(!private(&link, owner));
    let open = dir.join("open");
    DirBuilder::new().mode(0o777).create(&open).unwrap();
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    assert!(!private(&open, owner));
}

#[tokio::test]
async fn where_no_file_can_be_made_sessions_are_had_uncounted() {
    let one = gate();
    assert!(one.is_usable());
    let dir = one.dir.clone().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    // Not even root can make a file in a file.
    std::fs::write(&dir, "").unwrap();
    assert!(!one.is_usable());
    let passes: Vec<_> = (0..FEWEST + 3).map(|_| one.try_pass()).collect();
    assert!(passes.iter().all(Option::is_some));
    assert!(!one.is_wanted());
    assert!(one.lend_two(Instant::now()).await);
    // It is used again once it can be.
    std::fs::remove_file(&dir).unwrap();
    assert!(one.is_usable());
    let none = Gate {
        dir: None,
        kept: Mutex::default(),
    };
    assert!(!none.is_usable() && none.try_pass().is_some());
}

#[test]
fn one_slot_that_cannot_be_made_does_not_undo_the_others() {
    let one = gate();
    DirBuilder::new()
        .create(one.dir.clone().unwrap().join("slot-1"))
        .unwrap();
    let other = other(&one);
    let Pass { _slot: first } = one.try_pass().unwrap();
    assert!(first.is_some(), "the slot that works is taken first");
    let Pass { _slot: second } = other.try_pass().unwrap();
    assert!(second.is_none());
}
