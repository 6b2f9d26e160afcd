import type { Conflict } from './conflict.ts'
import { culpritOutsideRules } from './conflict.ts'

/**
 * The plan switches forwarding on, and from then on the host forwards between its other interfaces too.
 * @see Documentation/networking/ip-sysctl.rst `ip_forward`: also resets other parameters to router defaults
 * @see net/ipv4/devinet.c `inet_forward_change`, net/ipv6/addrconf.c `dev_forward_change`: both call `dev_disable_lro`
 * @internal
 */
export const hostBecomesRouter = (name: string, guarded: boolean): Conflict => ({
  kind: 'HostBecomesRouter',
  severity: 'warning',
  certainty: 'certain',
  mapping: null,
  network: null,
  message:
    `The plan sets ${name} to 1. ` +
    (guarded
      ? 'What is forwarded between interfaces that are not ours is dropped by a rule of ours (--guard-forwarding).'
      : 'From then on the host also forwards between its other interfaces, for anyone who routes through it.') +
    (name.includes('ipv6')
      ? ' Interfaces that get their IPv6 routes from router advertisements later stay without, unless their accept_ra is 2.'
      : '') +
    ' The kernel also switches large receive offload (LRO) off on interfaces that have it; destroy does not switch it on again.',
  witness: null,
  culprit: culpritOutsideRules('sysctl', `${name} = 0`),
  remedy: guarded
    ? { text: 'Nothing: the guard is part of the plan.', commands: [] }
    : {
        text: 'Apply with --guard-forwarding to drop what is forwarded between interfaces that are not ours.',
        commands: ['portolan apply --guard-forwarding'],
      },
  trace: [],
})
