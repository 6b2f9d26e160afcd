import type { Conclusion, World } from '@portolan/netfilter/analysis'

/** Where a flow came, and the packet of it that was lost. */
interface Strayed {
  readonly reached: Conclusion['reached']
  readonly world: World
}

/**
 * The interface that a packet left by which is for another one: an answer whose receiver is behind a bridge, or a packet
 * that goes to where the first one went, by another way.
 *
 * @returns null where it was lost for another reason
 */
export const strayInterface = ({ reached, world }: Strayed): string | null => {
  const { trace, out, daddr } = world
  switch (trace?.cause?.kind) {
    case 'way-back':
      return out?.name ?? null
    case 'astray':
      return reached.kind === 'out' && reached.world.out !== out && reached.world.daddr === daddr
        ? (out?.name ?? null)
        : null
    default:
      return null
  }
}
