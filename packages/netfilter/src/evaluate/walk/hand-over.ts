import type { TproxyStep } from '../../model/index.ts'
import { isAnswer } from '../packet/packet-number.ts'
import { addWorld, type World } from '../packet/world.ts'
import type { CompiledRule } from '../value/program.ts'
import { type ChainWalk, noteDeed } from './chain-walk.ts'
import { end } from './run.ts'

/**
 * Hands a packet to a local socket. A reply to a process of the host has a socket already, which is not transparent
 * (IP_TRANSPARENT) unless the process is itself a proxy. iptables' target drops such a packet
 * (net/netfilter/xt_TPROXY.c `tproxy_tg4`). nft's statement ends its rule, and the packet stays local
 * (net/netfilter/nft_tproxy.c).
 */
export const handOver = (
  chain: ChainWalk,
  rule: CompiledRule,
  { accepts }: TproxyStep,
  world: World,
): World[] | 'next step' => {
  const { walk } = chain
  const isToProcess = isAnswer(world.packet) && world.returnBy === null
  if (accepts && isToProcess) {
    noteDeed(chain, rule, world, { kind: 'drop' })
    end(walk.run, 'dropped', world)
    return []
  }
  world.tproxy = true
  noteDeed(chain, rule, world, { kind: 'tproxy' })
  if (!accepts) return 'next step'
  addWorld(walk.accepted, world)
  return []
}
