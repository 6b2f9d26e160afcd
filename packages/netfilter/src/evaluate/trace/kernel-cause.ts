/** The sysctls that decide about packets. */
export type DecidingSysctl = 'forwarding' | 'route_localnet' | 'rp_filter' | 'disable_ipv6'

/**
 * Why the kernel itself acted on a packet, with a text that says it.
 * - `sysctl`: `name` is null where the text does not say of which interface.
 * - `routing-rule`: a rule led to the route. `no-route`: nothing leads there.
 * - `martian`: an address that cannot come over that interface. `link-local`: a source that is not forwarded.
 * - `bridge`: how its ports are set. `bridge-rules`: its own tables, which are not followed.
 * - `binding`: connection tracking translates it as its flow was bound.
 * - `answer`: the receiver cannot answer, or the answer does not fit. `way-back`: it leaves by another interface than
 *   the bridge that its receiver is behind. `astray`: it does not follow its flow.
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
 * What part of the kernel acted.
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
  | 'astray'

/** What a sysctl decides; `before` says about what. */
export const bySysctl = (
  setting: DecidingSysctl,
  name: string,
  value: number,
  before = '',
  after = '',
): KernelCause => ({ kind: 'sysctl', setting, name, value, text: `${before}${name} = ${value}${after}` })
