# shellcheck shell=bash
# MetalLB itself; sourced by deploy-metallb.sh, never run.

controllers() { # NAMESPACE/NAME of its Deployment, whoever installed it: by manifest, or by Helm
  local labels
  for labels in app=metallb,component=controller app.kubernetes.io/name=metallb,app.kubernetes.io/component=controller; do
    kubectl get deployments --all-namespaces --selector="$labels" \
      --output=jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}'
  done
}

need_metallb() { # also: METALLB, the namespace in which it looks for pools
  local found
  found=$(controllers)
  if [[ -z $found ]]; then
    [[ $MANIFEST ]] || fail "$EXIT_SETTINGS" "The cluster has no MetalLB" \
      "Leave --no-metallb out, or: helm install metallb oci://quay.io/metallb/chart/metallb --namespace metallb-system --create-namespace"
    confirm "The cluster has no MetalLB. Apply $MANIFEST?"
    say "Applying $MANIFEST"
    kubectl apply --server-side --force-conflicts --filename="$MANIFEST" >&2 ||
      fail "$EXIT_REFUSED" "MetalLB could not be installed from $MANIFEST" "Without a way out: --metallb-manifest FILE"
    found=$(controllers)
    [[ $found ]] || fail "$EXIT_REFUSED" "$MANIFEST brought no MetalLB: there is no Deployment with its labels"
  fi
  found=${found%%$'\n'*} METALLB=${found%%/*}
  kubectl rollout status "deployment/${found#*/}" --namespace="$METALLB" --timeout="$TIMEOUT" >&2 ||
    fail "$EXIT_NOT_READY" "MetalLB was not ready within $TIMEOUT" "kubectl --namespace=$METALLB get pods shows why"
}

refuse_node_addresses() {
  local address hex bounds
  for address in $(kubectl get nodes --output=jsonpath='{.items[*].status.addresses[?(@.type=="InternalIP")].address}'); do
    hex=$(hex_of "$address") || continue
    for bounds in "${POOL_BOUNDS[@]}"; do
      ((${#bounds} == 2 * ${#hex} + 1)) || continue # of the other family
      [[ $hex < ${bounds% *} || $hex > ${bounds#* } ]] ||
        fail "$EXIT_SETTINGS" "$address is a node's own address, and in $RANGES" "Choose addresses that nobody has"
    done
  done
}

# https://metallb.io/installation/ and https://metallb.io/troubleshooting/ (read 2026-11-29)
warn_of_traps() {
  local proxy
  proxy=$(kubectl get configmap kube-proxy --namespace=kube-system --ignore-not-found --output=jsonpath='{.data.config\.conf}' 2>/dev/null) || return 0
  if [[ $MODE == l2 && $proxy =~ mode:\ \"?ipvs && ! $proxy =~ strictARP:\ true ]]; then
    warn "kube-proxy runs with IPVS and without strictARP: every node would answer for the address." \
      "Set strictARP: true by kubectl --namespace=kube-system edit configmap kube-proxy"
  fi
  [[ $(kubectl get nodes --selector='!node.kubernetes.io/exclude-from-external-load-balancers' --output=name) ]] ||
    warn "Every node has the label node.kubernetes.io/exclude-from-external-load-balancers: none would announce the address." \
      "Take it away: kubectl label nodes --all node.kubernetes.io/exclude-from-external-load-balancers-"
}
