# shellcheck shell=bash
# Which esddns.yaml deploy.sh deploys; sourced by it, never run. All of it ends in $WORK/esddns.yaml.

# --- before anything is asked or changed

own_file() { # the whole file that is given: by --config, or in the overlay, once that is yours; nothing when there is none
  local overlay=$HERE/overlays/$ENVIRONMENT/esddns.yaml
  if [[ $CONFIG ]]; then printf '%s' "$CONFIG"; elif ! has_placeholder "$overlay"; then printf '%s' "$overlay"; fi
}

has_placeholder() { grep -q '^ *- name: [a-z]*\.example\.org$' "$1"; }

check_own_file() {
  local file
  if [[ $CONFIG && ! -f $CONFIG ]]; then # a pipe, which can be read once
    cat "$CONFIG" >"$WORK/given.yaml"
    CONFIG=$WORK/given.yaml
  fi
  file=$(own_file)
  [[ $file ]] || return 0
  [[ $PROVIDER != "$(provider_in "$file")" ]] || PROVIDER=''
  refuse_record_settings "$file says what the records are" "Write it there, or leave the file out"
  grep -E '^[^#]*(health|listen)["'\'']?: *["'\'']?[^ ]+:8080' "$file" | grep -Evq ': *["'\'']?(127\.|localhost|\[::1\])' ||
    fail "$EXIT_SETTINGS" "$file has no \`health: 0.0.0.0:8080\` below \`service:\`; the cluster asks there whether a pod is ready, and none would be" \
      "Begin with a copy of $HERE/overlays/$ENVIRONMENT/esddns.yaml, and keep its \`service\`, \`store\` and \`log\`"
}

refuse_record_settings() { # refuse_record_settings WHY HINT: for what is given and could not take effect
  local name given=''
  for name in DOMAIN RECORD_NAME RECORD_TYPES RECORD_TTL PROVIDER; do
    [[ -z ${!name} ]] || given+="${given:+, }$name (${!name})"
  done
  [[ -z $given ]] || fail "$EXIT_SETTINGS" "$1, and so would $given" "$2"
}

provider_in() { # provider_in FILE: the one that has a variable of its own; nothing when it is another one, or both
  local found
  found=$(grep -Eo 'type: *(gandi|cloudflare)' "$1" | sed 's/type: *//' | sort -u) || true
  [[ $found == *$'\n'* ]] || printf '%s' "$found"
}

# --- once it is known what is deployed

# DOMAIN and the other four as they are given or else deployed; also: NAME, the record's whole name, and WHOLE, who
# wrote a file that is not made of them: `given` by --config, or `overlay`
settle_record() {
  local given=$DOMAIN$RECORD_NAME$RECORD_TYPES$RECORD_TTL$PROVIDER own
  NAME=''
  own=$(own_file)
  if [[ $own ]]; then
    if [[ $CONFIG ]]; then WHOLE=given; else WHOLE=overlay; fi
    ZONE='' PROVIDER=$(provider_in "$own")
  elif is_whole; then
    if [[ $DOMAIN ]]; then
      WHOLE=''
      say "DOMAIN takes the place of the configuration that is deployed."
    else
      refuse_record_settings "What is deployed was given as a whole and says what the records are" \
        "Change it by --config FILE; or give DOMAIN, too, which takes its place"
      WHOLE=${WHOLE:-overlay} PROVIDER=$(provider_in "$WORK/deployed.yaml")
    fi
  elif [[ -s $WORK/deployed.yaml ]]; then
    if [[ $given ]]; then keep_record; fi
    PROVIDER=${PROVIDER:-$(provider_in "$WORK/deployed.yaml")}
  fi
  PROVIDER=${PROVIDER:-$([[ $WHOLE ]] || printf gandi)}
}

is_whole() { # what is deployed, and not made here of DOMAIN and the others
  [[ -s $WORK/deployed.yaml ]] && { [[ $WHOLE ]] || (($(grep -c '^  - name: "' "$WORK/deployed.yaml") != 1)); }
}

# As fill_in wrote it
deployed_setting() { sed -n "s/^ *$1: [\"[]\{0,1\}\([^]\"]*\)[]\"]\{0,1\}\$/\1/p" "$WORK/deployed.yaml" | tr -d ' '; }

keep_record() { # what is not given, from what is deployed
  local zone=''
  NAME=$(deployed_setting '- name')
  for zone in "$ZONE" "$DOMAIN" ''; do
    [[ -z $zone || .$NAME != *".$zone" ]] || break
  done
  if [[ $zone ]]; then
    RECORD_NAME=${RECORD_NAME:-$(name_in "$zone")} DOMAIN=${DOMAIN:-$zone}
  elif [[ $DOMAIN || $RECORD_NAME ]] && [[ -z $DOMAIN || -z $RECORD_NAME ]]; then
    fail "$EXIT_SETTINGS" "The record is $NAME, and nothing says which part of it is the domain" "Give both: --domain NAME and --record NAME"
  fi
  RECORD_TYPES=${RECORD_TYPES:-$(deployed_setting types)} RECORD_TTL=${RECORD_TTL:-$(deployed_setting ttl)}
  PROVIDER=${PROVIDER:-$(deployed_setting type)}
  check_record
}

name_in() { # name_in ZONE: what stands before it in NAME; @ is the zone itself
  if [[ $NAME == "$1" ]]; then printf @; else printf '%s' "${NAME%".$1"}"; fi
}

need_record() { # asks, when nothing says which
  [[ -z $DOMAIN$NAME$(own_file) && ! -s $WORK/deployed.yaml ]] && on_terminal || return 0
  DOMAIN=$(ask "Domain, such as example.org")
  [[ $DOMAIN ]] || fail "$EXIT_SETTINGS" "No domain was given"
  RECORD_NAME=$(ask "Name in it; @ is the domain itself" "${RECORD_NAME:-@}")
  check_record
}

# --- the file itself

choose_configuration() { # what is given, the overlay's when it is yours, or what is deployed
  local overlay=$HERE/overlays/$ENVIRONMENT/esddns.yaml own
  own=$(own_file)
  if [[ $own ]]; then
    cp "$own" "$WORK/esddns.yaml"
    ! grep -Eq '^ *-? *(token|password|secret|apiKey): *[^ {]' "$own" ||
      warn "$own has a secret in plain text, and becomes a ConfigMap, for all to read: write { file: PATH }"
  elif [[ $DOMAIN$NAME ]]; then
    fill_in "$overlay"
  elif [[ -s $WORK/deployed.yaml ]]; then
    cp "$WORK/deployed.yaml" "$WORK/esddns.yaml"
    say "The configuration stays as it is deployed."
  else
    fail "$EXIT_SETTINGS" "Which record? There is no DOMAIN" \
      "export DOMAIN=example.org (and RECORD_NAME=home), or --config FILE," \
      "or write your records into $overlay"
  fi
}

fill_in() { # fill_in FILE: what is given or deployed, in the place of the overlay's values
  ZONE=$DOMAIN
  [[ -z $DOMAIN ]] || NAME=$(full_name "${RECORD_NAME:-@}" "$DOMAIN")
  sed -e "s/^\( *- name: \).*/\1\"$NAME\"/" \
    -e "s/^\( *type: \).*/\1$PROVIDER/" \
    ${RECORD_TYPES:+-e "s/^\( *types: \).*/\1[$RECORD_TYPES]/"} \
    ${RECORD_TTL:+-e "s/^\( *ttl: \).*/\1$RECORD_TTL/"} "$1" >"$WORK/esddns.yaml"
}
