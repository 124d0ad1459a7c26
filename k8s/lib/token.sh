# shellcheck shell=bash
# The provider's token; sourced, never run. It is in TOKEN, and in no program's arguments or environment.

take_token() { # from the file, if one is given; no program that is started from now on gets one of the variables
  export -n GANDI_API_KEY CLOUDFLARE_API_TOKEN API_KEY
  TOKEN=''
  if [[ $API_KEY_FILE ]]; then TOKEN=$(read_secret_file "$API_KEY_FILE"); fi
}

choose_token() { # choose_token PROVIDER: of the variables the one that is for it; where it is not known, the first that is there
  local name
  for name in GANDI_API_KEY CLOUDFLARE_API_TOKEN API_KEY; do
    case $name:$1 in GANDI_*:cloudflare | CLOUDFLARE_*:gandi) continue ;; esac
    [[ $TOKEN || $API_KEY_FILE ]] || TOKEN=${!name:-}
  done
  unset GANDI_API_KEY CLOUDFLARE_API_TOKEN API_KEY
}

need_token() { # also: it is there already
  local owner
  owner=$(owner_of_secret "$NAMESPACE" "$PROVIDER_SECRET" 2>/dev/null) || owner=''
  if [[ $TOKEN ]]; then
    [[ -z $owner ]] || fail "$EXIT_SETTINGS" "Secret $PROVIDER_SECRET is made by $owner" "Change it there, and leave the token out here"
  elif ! secret_exists "$NAMESPACE" "$PROVIDER_SECRET"; then
    on_terminal || fail "$EXIT_SETTINGS" "No token for the provider: namespace $NAMESPACE has no Secret $PROVIDER_SECRET" \
      "export GANDI_API_KEY=... (CLOUDFLARE_API_TOKEN, API_KEY), or --api-key-file FILE"
    TOKEN=$(ask_secret "Token of ${PROVIDER:-the provider}")
    [[ $TOKEN ]] || fail "$EXIT_SETTINGS" "No token was given"
  fi
}
