import type { Conclusion, World } from '@portolan/netfilter/analysis'

/** The place that a flow reached, and the packet of the flow that was lost. */
interface Strayed {
  readonly reached: Conclusion['reached']
  readonly world: World
}

/**
 * The wrong interface that a packet left by: one that does not lead to its receiver, or, for a later packet, another one
 * than that of the first packet to the same destination.
 *
 * @returns null when the packet was lost for another reason
 */
export const strayInterface = ({ reached, world }: Strayed): string | null => {
  const { trace, out, daddr } = world
  switch (trace?.cause?.kind) {
    case 'way-back':
    case 'way-out':
      return out?.name ?? null
    case 'astray':
      return reached.kind === 'out' && reached.world.out !== out && reached.world.daddr === daddr
        ? (out?.name ?? null)
        : null
    default:
      return null
  }
}
