import { commandWording, type Wording } from '@portolan/netfilter'

/**
 * The words of a live host whose program gives none. Its networks are made again by its own calls, not by an engine's.
 */
export const liveWording: Wording = {
  ...commandWording,
  remakeNetwork:
    'End what is on the network, remove it (removeNetwork), and make it again (ensureNetwork) with the live host.',
}
