# shellcheck shell=bash
# The provider's token; sourced, never run. It is in TOKEN, and in no program's arguments or environment.

take_token() {
  local name
  TOKEN=''
  if [[ $API_KEY_FILE ]]; then
    TOKEN=$(read_secret_file "$API_KEY_FILE")
  else
    for name in GANDI_API_KEY CLOUDFLARE_API_TOKEN API_KEY; do
      [[ -n $TOKEN || $name == GANDI_* && $PROVIDER != gandi || $name == CLOUDFLARE_* && $PROVIDER != cloudflare ]] || TOKEN=${!name:-}
    done
  fi
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
    TOKEN=$(ask_secret "Token of $PROVIDER")
    [[ $TOKEN ]] || fail "$EXIT_SETTINGS" "No token was given"
  fi
}
