import type { Links } from '@portolan/host'
import { ApplyError } from '@portolan/netfilter'

/** Is a macvlan with that MAC up, in whatever namespace? A parent of which the kernel makes no macvlan has none. */
export const isMacvlanUp = async (
  links: Pick<Links, 'hasChild'>,
  parent: string,
  mac: string,
): Promise<boolean> => {
  try {
    return await links.hasChild(parent, mac)
  } catch (error) {
    if (error instanceof ApplyError) return false
    throw error
  }
}
