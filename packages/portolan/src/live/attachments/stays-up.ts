import { setTimeout as delay } from 'node:timers/promises'
import type { Links } from '@portolan/host'
import { ApplyError } from '@portolan/netfilter'

/**
 * Pauses between two looks, in milliseconds: 3 s in all. The kernel removes the interfaces of a namespace after its
 * last process ends, in a work queue that other work may delay (net/core/net_namespace.c `cleanup_net`).
 */
const PAUSES_MS = [10, 20, 40, 80, 150, 300, 600, 600, 600, 600]

/**
 * Tells whether a macvlan with this MAC is up in any namespace, and stays. The macvlan of a container that has just
 * ended goes by itself. A parent that cannot have a macvlan has none.
 */
export const staysUp = async (
  links: Pick<Links, 'hasChild'>,
  parent: string,
  mac: string,
): Promise<boolean> => {
  const isUp = async (): Promise<boolean> => {
    try {
      return await links.hasChild(parent, mac)
    } catch (error) {
      if (error instanceof ApplyError) return false
      throw error
    }
  }
  for (const pause of PAUSES_MS) {
    if (!(await isUp())) return false
    await delay(pause)
  }
  return isUp()
}
