/** The sysctls that decide about packets. */
export type DecidingSysctl = 'forwarding' | 'route_localnet' | 'rp_filter' | 'disable_ipv6'

/**
 * Why the kernel itself acted on a packet, with a text that says it.
 * - `sysctl`: `name` is null where the text names no interface.
 * - `routing-rule`: a routing rule led to the route. `no-route`: no route leads to the destination.
 * - `martian`: an address that must not come in by that interface. `link-local`: a source that is not forwarded.
 * - `bridge`: the settings of the bridge's ports. `bridge-rules`: the bridge's own tables, which are not simulated.
 * - `binding`: connection tracking translates the packet as the flow was bound.
 * - `answer`: the receiver cannot answer, or the answer does not fit. `astray`: the packet does not follow its flow.
 * - `way-out`: the packet leaves by another interface than the one that its receiver is behind. `way-back`: the answer
 *   does.
 */
export type KernelCause =
  | {
      readonly kind: 'sysctl'
      readonly setting: DecidingSysctl
      readonly name: string | null
      readonly value: number
      readonly text: string
    }
  | { readonly kind: Exclude<CauseKind, 'sysctl'>; readonly text: string }

/**
 * The part of the kernel that acted.
 * @public @since 0.1.0
 */
export type CauseKind =
  | 'sysctl'
  | 'route'
  | 'routing-rule'
  | 'no-route'
  | 'martian'
  | 'link-local'
  | 'hop-limit'
  | 'packet-type'
  | 'bridge'
  | 'bridge-rules'
  | 'binding'
  | 'answer'
  | 'way-back'
  | 'way-out'
  | 'astray'

/** A cause by a sysctl. The text of the cause is `before`, the sysctl with its value, and `after`. */
export const bySysctl = (
  setting: DecidingSysctl,
  name: string,
  value: number,
  before = '',
  after = '',
): KernelCause => ({ kind: 'sysctl', setting, name, value, text: `${before}${name} = ${value}${after}` })
