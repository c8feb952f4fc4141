use nadia_tenant_core::TenantId;
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn new_ids_differ_and_sort_by_age() {
    let ids: Vec<_> = (0..1_000).map(|_| TenantId::new()).collect();
    assert!(ids.is_sorted_by(|older, newer| older < newer));
    assert_eq!(ids[0].as_uuid().get_version_num(), 7);
}

#[test]
fn takes_the_hyphenated_form_in_either_case() {
    let id: TenantId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    assert_eq!("01890A5D-AC96-774B-BCCE-B302099A8057".parse::<TenantId>().unwrap(), id);
    assert_eq!(id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(format!("{id:?}"), "TenantId(01890a5d-ac96-774b-bcce-b302099a8057)");
}

#[test]
fn refuses_every_other_form() {
    for text in [
        "",
        "acme",
        "00000000-0000-0000-0000-000000000000",
        "01890a5dac96774bbcceb302099a8057",
        "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        " 01890a5d-ac96-774b-bcce-b302099a8057",
        "01890a5d-ac96-774b-bcce-b302099a8057\n",
        "01890a5d-ac96-774b-bcce-b302099a805g",
        "01890a5d-ac96-774b-bcce-b302099a805",
    ] {
        let error = text.parse::<TenantId>().unwrap_err();
        assert!(text.is_empty() || !error.to_string().contains(text));
    }
    assert!(TenantId::try_from(Uuid::nil()).is_err());
}

proptest! {
    #[test]
    fn an_id_is_read_back_from_its_text(bits in 1..u128::MAX) {
        let id = TenantId::try_from(Uuid::from_u128(bits)).unwrap();
        prop_assert_eq!(id.to_string().parse::<TenantId>().unwrap(), id);
        prop_assert_eq!(Uuid::from(id).as_u128(), bits);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<TenantId>();
    }
}
