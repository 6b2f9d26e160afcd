import type { NatStep, SetStep } from '../../model/index.ts'

/**
 * What a rule, a policy or the kernel did to a packet. `TraceEntry.verdict` has the same as a text.
 * - `may-drop`, `may-accept`: possible, since a rule is not understood or a part of the path is not simulated.
 * - `rewrite`: it changed a part of the packet that is not simulated.
 * - `translate`: `to` is the new address and port; null where the host has no address to give.
 * - `send-away`: out of that device, past all other hooks (`fwd` of nftables).
 * - `leave`: routing chose that interface. `misroute`: the route leads to another place than the contract says.
 * - `switch`: a bridge carried it from port to port. `lost`: it does not come to where it is expected.
 * @public @since 0.1.0
 */
export type Deed =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'queue' | 'may-accept' | 'may-drop' }
  | { readonly kind: 'notrack' | 'tproxy' | 'synproxy' | 'rewrite' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'reject'; readonly with: string | null }
  | { readonly kind: 'set'; readonly target: SetStep['target'] }
  | { readonly kind: 'translate'; readonly type: NatStep['type']; readonly to: string | null }
  | { readonly kind: 'send-away'; readonly device: string | null }
  | { readonly kind: 'leave'; readonly out: string }
  | { readonly kind: 'switch' | 'lost' | 'unrouted' | 'misroute' }

/** The text of a deed in a trace. */
export const deedText = (deed: Deed): string => {
  switch (deed.kind) {
    case 'jump':
    case 'goto':
      return `${deed.kind} ${deed.chain}`
    case 'reject':
      return deed.with === null ? 'reject' : `reject with ${deed.with}`
    case 'set':
      return `set ${deed.target}`
    case 'translate':
      return deed.to === null ? `${deed.type}: no address` : `${deed.type} to ${deed.to}`
    case 'send-away':
      return deed.device === null ? 'fwd' : `fwd to ${deed.device}`
    case 'leave':
      return `out ${deed.out}`
    case 'may-drop':
      return 'possible drop'
    case 'may-accept':
      return 'possible accept'
    case 'misroute':
      return 'route'
    default:
      return deed.kind
  }
}
