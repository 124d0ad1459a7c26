# shellcheck shell=bash
# DOMAIN, RECORD_NAME, RECORD_TYPES, RECORD_TTL and PROVIDER, each of them maybe empty; sourced, never run.

check_record() {
  local name
  name=$(full_name "${RECORD_NAME:-@}" "${DOMAIN:-example.org}")
  refuse_domain_in_name
  is_domain "$name" || fail "$EXIT_SETTINGS" "\"$name\" is no domain name" \
    "DOMAIN is a zone such as example.org, RECORD_NAME a name in it such as home, or @ for the zone itself"
  [[ $RECORD_TYPES =~ ^(A|AAAA|A,AAAA|AAAA,A)?$ ]] ||
    fail "$EXIT_SETTINGS" "RECORD_TYPES is \"$RECORD_TYPES\", expected A, AAAA or A,AAAA"
  [[ $RECORD_TTL =~ ^([1-9][0-9]{0,9})?$ ]] ||
    fail "$EXIT_SETTINGS" "RECORD_TTL is \"$RECORD_TTL\", expected seconds, such as 300"
  [[ $PROVIDER =~ ^(gandi|cloudflare)?$ ]] ||
    fail "$EXIT_SETTINGS" "PROVIDER is \"$PROVIDER\", expected gandi or cloudflare" \
      "Any other one needs more than a token: write an esddns.yaml (docs/providers/), and give it by --config FILE"
}

refuse_domain_in_name() {
  [[ -z $DOMAIN || $RECORD_NAME != *".$DOMAIN" ]] ||
    fail "$EXIT_SETTINGS" "RECORD_NAME is \"$RECORD_NAME\" and has the domain in it" "Give what stands before it: ${RECORD_NAME%".$DOMAIN"}"
}

is_domain() {
  local label='[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
  [[ ${#1} -le 253 && $1 =~ ^(\*\.)?$label(\.$label)+$ ]]
}

full_name() { # full_name RECORD DOMAIN: @ is the domain itself
  if [[ $1 == @ ]]; then printf '%s' "$2"; else printf '%s.%s' "$1" "$2"; fi
}
