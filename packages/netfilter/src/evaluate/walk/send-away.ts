import type { FwdStep } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import type { Walk } from './chain-walk.ts'
import { end } from './run.ts'

/**
 * Sends a packet out of a device, past all other hooks. For a port of a bridge, the bridge counts as the device: the
 * port leads to a container.
 *
 * @see net/netfilter/nft_fwd_netdev.c `nft_fwd_neigh_eval`
 */
export const sendAway = ({ host, run }: Walk, { device, isAddressed }: FwdStep, world: World): void => {
  const link = device === null ? null : (host.links.get(device) ?? null)
  // The packet keeps the link-layer address of this host, so no other machine takes it.
  if (link === null || !isAddressed) {
    world.unknown ||= device === null
    end(run, 'dropped', world)
    return
  }
  world.out = host.links.get(link.master ?? '') ?? link
  end(run, 'out', world)
}
