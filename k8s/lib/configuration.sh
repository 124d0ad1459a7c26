# shellcheck shell=bash
# Which esddns.yaml deploy.sh deploys; sourced by it, never run. All of it ends in $WORK/esddns.yaml.

choose_configuration() { # what is given, the overlay's when it is yours, or what is deployed
  local overlay=$HERE/overlays/$ENVIRONMENT/esddns.yaml
  if [[ $CONFIG ]]; then
    cp "$CONFIG" "$WORK/esddns.yaml"
    ! grep -Eq '^ *-? *(token|password|secret|apiKey): *[^ {]' "$CONFIG" ||
      warn "$CONFIG has a secret in plain text, and becomes a ConfigMap, for all to read: write { file: PATH }"
  elif [[ $DOMAIN ]]; then
    fill_in "$overlay"
  elif ! has_placeholder "$overlay"; then
    cp "$overlay" "$WORK/esddns.yaml"
  elif deployed_configuration >"$WORK/esddns.yaml"; then
    say "The configuration stays as it is deployed."
  else
    fail "$EXIT_SETTINGS" "Which record? There is no DOMAIN" \
      "export DOMAIN=example.org (and RECORD_NAME=home), or --config FILE," \
      "or write your records into $overlay"
  fi
}

need_record() { # asks, when nothing says which
  [[ -z $CONFIG$DOMAIN ]] && on_terminal || return 0
  has_placeholder "$HERE/overlays/$ENVIRONMENT/esddns.yaml" && ! deployed_configuration >/dev/null || return 0
  DOMAIN=$(ask "Domain, such as example.org")
  [[ $DOMAIN ]] || fail "$EXIT_SETTINGS" "No domain was given"
  RECORD_NAME=$(ask "Name in it; @ is the domain itself" "$RECORD_NAME")
  check_record
}

has_placeholder() { grep -q '^ *- name: [a-z]*\.example\.org$' "$1"; }

fill_in() { # fill_in FILE: what is given, in the place of the overlay's values
  local ttl=${RECORD_TTL:-'\2'}
  has_placeholder "$1" ||
    fail "$EXIT_SETTINGS" "$1 has records of its own, and so has DOMAIN" "Leave DOMAIN out, or use --config FILE"
  sed -e "s/^\( *- name: \).*/\1\"$(full_name "${RECORD_NAME:-@}" "$DOMAIN")\"/" \
    -e "s/^\( *type: \).*/\1$PROVIDER/" \
    -e "s/^\( *types: \).*/\1[${RECORD_TYPES:-A}]/" \
    -e "s/^\( *ttl: \)\(.*\)/\1$ttl/" "$1" >"$WORK/esddns.yaml"
}

deployed_configuration() { # nothing, and not well, when nothing is deployed
  local name get=(kubectl get --request-timeout=15s "--namespace=$NAMESPACE")
  name=$("${get[@]}" daemonset esddns-operator 2>/dev/null \
    --output=jsonpath='{.spec.template.spec.volumes[?(@.name=="config")].configMap.name}') && [[ $name ]] || return 1
  "${get[@]}" configmap "$name" --output=jsonpath='{.data.esddns\.yaml}' 2>/dev/null
}
