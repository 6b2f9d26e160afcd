import { setTimeout as delay } from 'node:timers/promises'
import type { Links } from '@portolan/host'
import { ApplyError } from '@portolan/netfilter'

/**
 * Between one look and the next, in milliseconds; 3 s in all. The kernel takes the interfaces of a namespace away behind
 * the end of its last process, in a work queue that waits for others (net/core/net_namespace.c `cleanup_net`).
 */
const PAUSES_MS = [10, 20, 40, 80, 150, 300, 600, 600, 600, 600]

/**
 * Is a macvlan up with that MAC, in whatever namespace, and does it stay? That of a container which has just ended goes
 * by itself. A parent of which the kernel makes no macvlan has none.
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
