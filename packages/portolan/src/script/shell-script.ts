import {
  bridgeAlias,
  type DesiredNetwork,
  type DesiredState,
  type DesiredSubnet,
  diffSysctls,
  forwardingSysctl,
} from '@portolan/core'
import { bridgeMac, networkMark, quoted } from '@portolan/core/planning'
import type { HostFacts } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { Plan } from '../plan/plan.ts'
import { bridgeGuardLines } from './bridge-guard.ts'
import { routeGuardLines, routeLines } from './route-lines.ts'
import { scriptRemarks } from './script-remarks.ts'
import { vlanLines } from './vlan-lines.ts'
import { type ScriptedPlan, wholeRules } from './whole-rules.ts'

/**
 * Prints a plan as a POSIX shell script: missing bridges, rules, hairpin mode of ports, sysctls. Safe to run twice.
 * Every word that comes from a user is single-quoted. The rules are in a quoted here-document, so the shell expands
 * nothing in them.
 * @internal
 */
export const shellScript = (plan: ScriptedPlan & Pick<Plan, 'setsSysctls'>): string => {
  const { desired, backend } = plan
  const steps = [
    ...bridgeGuardLines(desired),
    ...routeGuardLines(desired),
    ...ruleLines(backend, plan),
    ...desired.networks.flatMap((network) => bridgeLines(desired.project, network, plan.observed.facts)),
    ...vlanLines(desired),
    ...routeLines(desired),
    ...(plan.setsSysctls ? sysctlLines(desired) : []),
  ]
  const lines = [
    '#!/bin/sh',
    comment(`Port mappings of project ${plan.project}, for ${backend}. Run as root; safe to run again.`),
    'set -eu',
    ...scriptRemarks(plan).map(comment),
    '# The shell runs nothing before it has read the brace that closes this one: cut short, this file does nothing.',
    '{',
    // An empty group is a syntax error.
    ...(steps.length === 0 ? [':'] : steps),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

/** Prints a comment of the script. A comment ends with its line, so a name that a user chose must not end the line. */
const comment = (text: string): string => `# ${text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`

const ruleLines = <One extends Backend>(backend: One, plan: ScriptedPlan): readonly string[] => {
  const actual: RulesByBackend = plan.observed.rules
  return dialects[backend].shellLines(wholeRules(backend, plan), actual[backend])
}

const bridgeLines = (project: string, network: DesiredNetwork, facts: HostFacts): readonly string[] => {
  const name = quoted(network.bridge)
  const addresses = [network.ip, network.ip6].filter(
    (subnet): subnet is DesiredSubnet => subnet?.gateway != null,
  )
  const made = network.external
    ? []
    : [
        `if ! ip link show dev ${name} >/dev/null 2>&1; then`,
        `  ip link add name ${name} address ${bridgeMac(project, network, facts)} type bridge forward_delay 0 stp_state 0`,
        `  ip link set dev ${name} alias ${quoted(bridgeAlias(networkMark(project, network)))}`,
        ...(network.mtu === null ? [] : [`  ip link set dev ${name} mtu ${network.mtu}`]),
        'fi',
        ...addresses.map(({ gateway, subnet }) => {
          const address = quoted(`${gateway}${subnet.slice(subnet.lastIndexOf('/'))}`)
          return `ip address replace ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`
        }),
        `ip link set dev ${name} up`,
      ]
  // On a foreign bridge, its owner keeps containers apart.
  const guarded = !network.icc && !network.external
  const icc = guarded
    ? [
        '# Isolated ports keep containers apart where all are isolated; else the IP hooks do, where they can.',
        'isolated=on hooks=0',
        'if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then',
        `  for flag in /proc/sys/net/bridge/bridge-nf-call-iptables /proc/sys/net/bridge/bridge-nf-call-ip6tables; do`,
        '    [ "$(cat "$flag")" = 0 ] || isolated=off hooks=1',
        '  done',
        `  for port in /sys/class/net/${name}/brif/*; do`,
        '    [ "$(cat "$port/isolated" 2>/dev/null)" = 1 ] && continue',
        // A port that `attach` plugged in may have lost its isolation: for a link, or because bridges called the hooks.
        // It is isolated again.
        `    [ -e "$port/isolated" ] || isolated=off hooks=1`,
        `    case "$(cat "/sys/class/net/$\{port##*/}/ifalias" 2>/dev/null)" in`,
        '      "portolan project="*" network="*" endpoint="*) ;;',
        '      *) isolated=off hooks=1 ;;',
        '    esac',
        '  done',
        // Isolated ports would block a link.
        ...(network.linked === true ? ['  isolated=off hooks=1'] : []),
        // The hooks or the isolation hold at any moment. The hooks are switched on before ports lose their isolation,
        // and off after ports get it back.
        `  [ "$hooks" = 0 ] || ${callHooks(name, 1)}`,
        'fi',
      ]
    : []
  return [
    comment(`Network ${network.name}`),
    ...made,
    ...icc,
    `for port in /sys/class/net/${name}/brif/*; do`,
    '  [ -e "$port" ] || continue',
    // The braces belong to the shell: the last part of the path.
    `  bridge link set dev "$\{port##*/}" hairpin on`,
    ...(guarded ? [`  bridge link set dev "$\{port##*/}" isolated "$isolated"`] : []),
    'done',
    ...(guarded
      ? [
          'if [ "$hooks" = 0 ] && [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then',
          `  ${callHooks(name, 0)}`,
          'fi',
        ]
      : []),
    '',
  ]
}

const callHooks = (bridge: string, value: 0 | 1): string =>
  `ip link set dev ${bridge} type bridge nf_call_iptables ${value} nf_call_ip6tables ${value}`

/**
 * The lines that keep routes from router advertisements. A plan for this host decides that from its facts, and a script
 * has to find it out where it runs.
 */
const keepAdvertisements: readonly string[] = [
  '# An interface that forwards keeps its IPv6 default route from router advertisements only with accept_ra 2.',
  'if [ "$(cat /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null)" = 0 ]; then',
  '  for conf in /proc/sys/net/ipv6/conf/*; do',
  '    [ "$(cat "$conf/accept_ra" 2>/dev/null)" = 1 ] || continue',
  // The braces belong to the shell: the name of the interface.
  `    name="$\{conf##*/}"`,
  '    learnt="$(ip -6 route show table all dev "$name" proto ra 2>/dev/null || true)"',
  '    learnt="$learnt$(ip -6 address show dev "$name" dynamic 2>/dev/null || true)"',
  '    [ -z "$learnt" ] || echo 2 > "$conf/accept_ra"',
  '  done',
  'fi',
]

const sysctlLines = (desired: DesiredState): readonly string[] => {
  const { changes } = diffSysctls(desired, {}, { writable: true })
  if (changes.length === 0) return []
  return [
    '# Sysctls',
    ...changes.flatMap(({ operation: { name, value } }) => {
      const file = `/proc/sys/${name.replaceAll('.', '\0').replaceAll('/', '.').replaceAll('\0', '/')}`
      return [...(name === forwardingSysctl.ip6 ? keepAdvertisements : []), `echo ${value} > ${quoted(file)}`]
    }),
  ]
}
