//! What every [`Store`] must do, whatever is behind it. Each implementation runs this suite; durability is tested elsewhere.

use std::time::Duration;

use super::{MAX_KEY_BYTES, Revision, Store, StoreError, max_value_bytes};

/// Runs all cases on an empty `store`; `pass` lets that many seconds go by on its clock.
pub async fn run(store: &dyn Store, pass: impl Fn(u64)) {
    creates_only_what_is_absent(store).await;
    updates_and_deletes_only_the_revision_that_was_read(store).await;
    never_uses_a_revision_twice(store).await;
    forgets_after_the_time_to_live(store, &pass).await;
    scans_a_prefix_in_order_and_in_pages(store).await;
    refuses_what_is_too_large(store).await;
    lets_one_of_many_creators_win(store).await;
}

async fn creates_only_what_is_absent(store: &dyn Store) {
    assert_eq!(store.get(b"create/a").await, Ok(None));
    let revision = store.create(b"create/a".to_vec(), b"one".to_vec(), None).await.unwrap();
    assert_eq!(store.create(b"create/a".to_vec(), b"two".to_vec(), None).await, Err(StoreError::Conflict));
    let entry = store.get(b"create/a").await.unwrap().unwrap();
    assert_eq!(
        (entry.key.as_slice(), entry.revision, entry.value.as_slice()),
        (&b"create/a"[..], revision, &b"one"[..])
    );
}

async fn updates_and_deletes_only_the_revision_that_was_read(store: &dyn Store) {
    let key = b"update/a".to_vec();
    let missing = store.update(key.clone(), Revision(1), b"x".to_vec(), None).await;
    assert_eq!(missing, Err(StoreError::Conflict));
    let first = store.create(key.clone(), b"one".to_vec(), None).await.unwrap();
    let second = store.update(key.clone(), first, b"two".to_vec(), None).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(store.update(key.clone(), first, b"three".to_vec(), None).await, Err(StoreError::Conflict));
    assert_eq!(store.delete(key.clone(), first).await, Err(StoreError::Conflict));
    assert_eq!(store.get(&key).await.unwrap().unwrap().value, b"two");
    assert_eq!(store.delete(key.clone(), second).await, Ok(()));
    assert_eq!(store.get(&key).await, Ok(None));
    assert_eq!(store.delete(key, second).await, Err(StoreError::Conflict));
}

async fn never_uses_a_revision_twice(store: &dyn Store) {
    let key = b"again/a".to_vec();
    let first = store.create(key.clone(), b"one".to_vec(), None).await.unwrap();
    store.delete(key.clone(), first).await.unwrap();
    store.create(key.clone(), b"one".to_vec(), None).await.unwrap();
    assert_eq!(store.update(key, first, b"two".to_vec(), None).await, Err(StoreError::Conflict));
}

async fn forgets_after_the_time_to_live(store: &dyn Store, pass: &impl Fn(u64)) {
    let key = b"ttl/a".to_vec();
    let first = store.create(key.clone(), b"one".to_vec(), Some(Duration::from_secs(10))).await.unwrap();
    pass(9);
    assert!(store.get(&key).await.unwrap().is_some());
    let second = store.update(key.clone(), first, b"two".to_vec(), Some(Duration::from_secs(10))).await.unwrap();
    pass(9);
    assert_eq!(store.get(&key).await.unwrap().unwrap().value, b"two", "an update gives new time");
    pass(1);
    assert_eq!(store.get(&key).await, Ok(None));
    assert_eq!(store.scan(b"ttl/".to_vec(), None, 10).await, Ok(Vec::new()));
    assert_eq!(store.update(key.clone(), second, b"x".to_vec(), None).await, Err(StoreError::Conflict));
    store.purge().await.unwrap();
    store.create(key.clone(), b"three".to_vec(), None).await.unwrap();
    pass(1_000_000);
    store.purge().await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().value, b"three", "no ttl means for ever");
}

async fn scans_a_prefix_in_order_and_in_pages(store: &dyn Store) {
    for key in [&b"scan/b"[..], b"scan/a", b"scan/c", b"scan", b"scbn/a"] {
        store.create(key.to_vec(), key.to_vec(), None).await.unwrap();
    }
    let keys = |entries: Vec<super::Entry>| entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
    let page = keys(store.scan(b"scan/".to_vec(), None, 2).await.unwrap());
    assert_eq!(page, [b"scan/a".to_vec(), b"scan/b".to_vec()]);
    let page = keys(store.scan(b"scan/".to_vec(), page.last().cloned(), 2).await.unwrap());
    assert_eq!(page, [b"scan/c".to_vec()]);
    assert_eq!(store.scan(b"scan/".to_vec(), page.last().cloned(), 2).await, Ok(Vec::new()));
}

async fn refuses_what_is_too_large(store: &dyn Store) {
    let long_key = store.create(vec![b'k'; MAX_KEY_BYTES + 1], Vec::new(), None).await;
    assert_eq!(long_key, Err(StoreError::TooLarge));
    for kind in [&b"k"[..], b"a/", b"p/", b"v/", b"room/"] {
        let mut key = vec![b'k'; MAX_KEY_BYTES];
        key[..kind.len()].copy_from_slice(kind);
        let most = max_value_bytes(&key);
        let revision = store.create(key.clone(), vec![0; most], None).await.unwrap();
        let longer = store.update(key.clone(), revision, vec![0; most + 1], None).await;
        assert_eq!(longer, Err(StoreError::TooLarge), "{kind:?}");
        assert_eq!(store.get(&key).await.unwrap().unwrap().value.len(), most);
    }
}

async fn lets_one_of_many_creators_win(store: &dyn Store) {
    let creators = (0..50u8).map(|n| store.create(b"race/a".to_vec(), vec![n], None));
    let won = futures::future::join_all(creators).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(won, 1);
}
