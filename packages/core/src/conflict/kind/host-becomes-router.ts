import { aboutHost, type Conflict, culpritOutsideRules } from '../conflict.ts'

/**
 * The plan switches forwarding on, and then the host also forwards between its other interfaces. This is a note, once
 * for both families, because the remedy is the same.
 *
 * @param names - the sysctls that the plan sets
 * @param guarded - the plan has a rule that drops packets forwarded between interfaces that are not Portolan's
 * @see Documentation/networking/ip-sysctl.rst `ip_forward`: also resets other parameters to router defaults
 * @see net/ipv4/devinet.c `inet_forward_change`, net/ipv6/addrconf.c `dev_forward_change`: both call `dev_disable_lro`
 * @internal
 */
export const hostBecomesRouter = (names: readonly string[], guarded: boolean): Conflict => ({
  kind: 'HostBecomesRouter',
  severity: 'info',
  certainty: 'certain',
  ...aboutHost,
  message: [
    guarded
      ? `The plan sets ${names.join(' and ')} to 1. A rule of the plan (--guard-forwarding) drops packets that are forwarded between interfaces that are not Portolan's.`
      : `The host forwards packets between all of its interfaces from now on: the plan sets ${names.join(' and ')} to 1.`,
    ...(names.some((name) => name.includes('ipv6'))
      ? [
          'An interface that gets its IPv6 routes from router advertisements later stays without them, unless its accept_ra is 2.',
        ]
      : []),
    'The kernel also switches large receive offload (LRO) off on interfaces that have it. destroy does not switch it on again.',
  ].join(' '),
  witness: null,
  culprit: culpritOutsideRules('sysctl', names.map((name) => `${name} = 0`).join(', ')),
  remedy: guarded
    ? { text: 'Nothing: the guard is part of the plan.', commands: [] }
    : {
        text: "Give --guard-forwarding to drop packets that are forwarded between interfaces that are not Portolan's.",
        commands: ['portolan apply --guard-forwarding'],
      },
  trace: [],
})
