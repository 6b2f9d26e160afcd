import type { BaseHook } from '../../model/index.ts'
import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import { MAYBE, NO, type Truth, YES } from '../value/truth.ts'

/**
 * Whether a packet passes a device of the chain. For a packet from or to a container the bridge is known, but rarely
 * the bridge's port that the container is behind.
 */
export const passesDevice = (
  { ports }: Pick<Host, 'ports'>,
  { hook, devices }: Pick<BaseHook, 'hook' | 'devices'>,
  { in: from, port, out }: World,
): Truth => {
  if (devices.length === 0) return YES
  const bridge = hook === 'egress' ? out : from
  const own = hook === 'egress' ? null : port
  if ([own, bridge].some((link) => link !== null && devices.includes(link.name))) return YES
  if (bridge === null || own !== null) return NO
  const behind = ports.get(bridge.name) ?? []
  const watched = behind.filter(({ name }) => devices.includes(name)).length
  return watched === 0 ? NO : watched === behind.length ? YES : MAYBE
}
