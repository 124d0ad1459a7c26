# shellcheck shell=bash
# The dashboard for others than `kubectl port-forward`; sourced by deploy.sh, never run. It has a Service, which a
# component brings, and a password, whose hash is in Secret esddns-dashboard.

is_shown() { # a component that shows it is chosen
  local name
  for name in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do
    [[ $(what_it_does "$name") != show ]] || return 0
  done
  return 1
}

has_password() { [[ $PASSWORD_HASH ]] || secret_exists "$NAMESPACE" "$DASHBOARD_SECRET"; }

take_password() { # PASSWORD_HASH and PASSWORD, one of them or none
  PASSWORD_HASH='' PASSWORD=${DASHBOARD_PASSWORD:-}
  unset DASHBOARD_PASSWORD
  [[ -n $PASSWORD_FILE ]] || return 0
  PASSWORD_HASH=$(read_secret_file "$PASSWORD_FILE")
  [[ $PASSWORD_HASH == scrypt\$* ]] || fail "$EXIT_SETTINGS" "\"$PASSWORD_FILE\" has no hash of a password" \
    "Expected is what \`esddns password\` prints; or set DASHBOARD_PASSWORD, and it is made from that"
}

show_with_password() { # who has a password wants it shown, and whose password is gone does not
  local name
  if [[ $PASSWORD ]] || has_password; then
    is_shown || COMPONENTS+=(dashboard)
    return
  fi
  for name in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do
    [[ $(what_it_does "$name") == show && $GIVEN != *" $name "* ]] || continue
    say "The dashboard has no password any more: it is shown to nobody."
    drop_dashboard
  done
}

need_password() { # for what is to be shown; at a terminal it may be left out
  is_shown && [[ -z $PASSWORD ]] && ! has_password || return 0
  on_terminal || fail "$EXIT_SETTINGS" "The dashboard would be shown to others and has no password" \
    "Set DASHBOARD_PASSWORD, or --dashboard-password-file FILE with what \`esddns password\` prints"
  PASSWORD=$(ask_secret "New password of the dashboard (empty: it is shown to nobody)")
  [[ $PASSWORD ]] || drop_dashboard
}

hash_password() { # by the program itself, in a pod that runs: nothing is needed here but kubectl
  printf '%s\n' "$PASSWORD" |
    kubectl exec --stdin daemonset/esddns-operator --container=esddns --namespace="$NAMESPACE" -- \
      /usr/bin/node /usr/lib/esddns/esddns.js password ||
    fail "$EXIT_REFUSED" "The password could not be hashed in a pod; ESDDNS runs, and its dashboard is not shown" \
      "Do it yourself: esddns password > FILE, and --dashboard-password-file FILE"
}

# How the dashboard listens, whatever the configuration said before: everywhere with a password when it is shown, on
# loopback when it is not. A configuration given by --config says that itself, and so does one that listens elsewhere.
settle_dashboard() {
  local shown='' watched=''
  [[ $WHOLE != given ]] && grep -Eq '^  listen: (127\.0\.0\.1|0\.0\.0\.0):51339' "$WORK/esddns.yaml" || return 0
  if is_shown; then shown=1; fi
  case " ${COMPONENTS[*]-} " in *" load-balancer "* | *" metallb "*) watched=esddns ;; esac
  awk -v shown="$shown" -v hosts="$(host_list)" -v watched="$watched" '
    NR == 1 && watched && !/^kubernetes:/ { print "kubernetes:\n  service: " watched }
    /^kubernetes:$/ && !watched { getline; next }
    /^  (# (For components|listen:|password:|Names by which)|hosts: \[|password: \{ file: \/var\/run\/secrets\/esddns-dashboard)/ { next }
    /^  listen: / {
      print "  listen: " (shown ? "0.0.0.0" : "127.0.0.1") ":51339"
      if (shown) print "  password: { file: /var/run/secrets/esddns-dashboard/password }"
      print "  hosts: [" hosts "]"
      next
    }
    { print }' "$WORK/esddns.yaml" >"$WORK/settled.yaml"
  mv "$WORK/settled.yaml" "$WORK/esddns.yaml"
}

host_list() { # names of our Services; for a dashboard also those given, or else those that are deployed
  local host separator=''
  while IFS= read -r host; do
    printf '%s"%s"' "$separator" "$host"
    separator=', '
  done < <(
    service_names esddns-metrics
    is_shown || exit 0
    service_names esddns
    if ((${#DASHBOARD_HOSTS[@]} > 0)); then printf '%s\n' "${DASHBOARD_HOSTS[@]}"; else deployed_hosts; fi
  )
}

service_names() { printf '%s\n' "$1.$NAMESPACE" "$1.$NAMESPACE.svc" "$1.$NAMESPACE.svc.cluster.local"; }

deployed_hosts() { # but for those of our Services
  sed -n 's/^  hosts: \[\(.*\)\]$/\1/p' "$WORK/deployed.yaml" | tr -d '" ' | tr ',' '\n' | grep -v '^esddns\(-metrics\)\{0,1\}\.' || true
}

drop_dashboard() { # from what is chosen, all that shows it
  local name all=(${COMPONENTS[@]+"${COMPONENTS[@]}"})
  COMPONENTS=()
  for name in ${all[@]+"${all[@]}"}; do
    [[ $(what_it_does "$name") == show ]] || COMPONENTS+=("$name")
  done
}

without_dashboard() { # without_dashboard COMMAND...
  local all=(${COMPONENTS[@]+"${COMPONENTS[@]}"})
  drop_dashboard
  "$@"
  COMPONENTS=(${all[@]+"${all[@]}"})
}
