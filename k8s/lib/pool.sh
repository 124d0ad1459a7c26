# shellcheck shell=bash
# The addresses that MetalLB may give away; sourced by deploy-metallb.sh, never run.

render_pool() { # the pool bears the namespace's name, so that both environments fit into one cluster
  local this=$WORK/k8s/this range list=''
  mkdir -p "$this"
  cp -R "$HERE/metallb" "$WORK/k8s/"
  for range in ${RANGES//,/ }; do list+=${list:+, }\"$range\"; done
  {
    printf '%s\n' "namespace: $METALLB" "resources: [../metallb/$MODE]" 'patches:'
    rename '.*'
    replace IPAddressPool /spec/addresses "[$list]"
    replace '.*Advertisement' /spec/ipAddressPools "[$NAMESPACE]"
    if [[ $MODE == bgp ]]; then
      replace BGPAdvertisement /spec/peers "[$NAMESPACE]"
      replace BGPPeer /spec/myASN "$MY_ASN"
      replace BGPPeer /spec/peerASN "$PEER_ASN"
      replace BGPPeer /spec/peerAddress "\"$PEER_ADDRESS\""
      [[ -z $PEER_PASSWORD_FILE ]] || replace BGPPeer /spec/passwordSecret "{ name: $NAMESPACE-bgp }" add
    fi
  } >"$this/kustomization.yaml"
  kubectl kustomize "$this"
}

rename() { # rename KINDS
  printf '%s\n' "  - target: { kind: \"$1\" }" '    options: { allowNameChange: true }' \
    '    patch: |' "      - { op: replace, path: /metadata/name, value: $NAMESPACE }"
}

replace() { # replace KINDS PATH VALUE [OPERATION]
  printf '%s\n' "  - target: { kind: \"$1\" }" '    patch: |' "      - { op: ${4:-replace}, path: $2, value: $3 }"
}

apply_pool() { # MetalLB's webhook may need a moment before it answers
  local attempt
  if [[ $PEER_PASSWORD_FILE ]]; then
    read_secret_file "$PEER_PASSWORD_FILE" | put_secret "$METALLB" "$NAMESPACE-bgp" password kubernetes.io/basic-auth
  fi
  for attempt in 1 2 3 4 5 6; do
    apply <"$WORK/pool.yaml" >&2 && return 0
    if ((attempt < 6)); then say "Trying again in 10 seconds ..." && sleep 10; fi
  done
  fail "$EXIT_REFUSED" "MetalLB refused the pool; the message above says why" "Addresses may be in one pool alone: kubectl get ipaddresspools --all-namespaces"
}

forget_other_mode() { # what the other mode needed, and only what is ours
  local object kinds=bgppeers.metallb.io,bgpadvertisements.metallb.io
  [[ $MODE == l2 ]] || kinds=l2advertisements.metallb.io
  for object in $(kubectl get "$kinds" --namespace="$METALLB" --selector=app.kubernetes.io/part-of=esddns --output=name); do
    [[ ${object#*/} != "$NAMESPACE" ]] || kubectl delete "$object" --namespace="$METALLB" >&2
  done
}
