import type { InterfaceFact } from '@portolan/netfilter'
import { shellWord } from '@portolan/netfilter'
import type { DesiredNetwork, IccKeeper } from '../contract/index.ts'
import type { LinkChange } from './link-change.ts'
import { linkChange } from './link-change-text.ts'

/**
 * The changes that a port of one of our bridges needs.
 * @internal
 */
export const diffPort = (
  network: DesiredNetwork,
  port: InterfaceFact,
  keeper: IccKeeper,
): readonly LinkChange[] => {
  const name = port.name ?? ''
  const isolated = !network.icc && keeper === 'isolation'
  const changes: LinkChange[] = []
  if (port.hairpin === false) changes.push(switchHairpinOn(name, false))
  if (port.isolated !== undefined && port.isolated !== isolated) {
    const text = (on: boolean): string => `isolated ${on ? 'on' : 'off'}`
    changes.push({
      ...linkChange(
        `bridge port ${name}`,
        name,
        isolated
          ? `Isolate ${name} from the other ports of ${network.bridge}: icc is off.`
          : `Let ${name} talk to the other ports of ${network.bridge} directly${network.icc ? '' : '; the IP hooks enforce icc: off'}.`,
        text(!isolated),
        text(isolated),
      ),
      reverse: `bridge link set dev ${shellWord(name)} ${text(!isolated)}`,
      operation: { kind: 'set-port', name, isolated },
    })
  }
  return changes
}

/**
 * Switches hairpin mode on: frames may then leave by the port they came in by.
 * @param foreign - the port is on a foreign bridge, so its old value must be remembered
 * @see net/bridge/br_forward.c `should_deliver`
 * @internal
 */
export const switchHairpinOn = (name: string, foreign: boolean): LinkChange => ({
  ...linkChange(
    `bridge port ${name}`,
    name,
    `Switch hairpin mode on for ${name}: its container reaches its own published port through the host.`,
    'hairpin off',
    'hairpin on',
  ),
  reverse: `bridge link set dev ${shellWord(name)} hairpin off`,
  operation: { kind: 'set-port', name, hairpin: true, foreign },
})

/**
 * Takes back `switchHairpinOn`.
 * @example
 * switchHairpinOff('veth12').reverse // 'bridge link set dev veth12 hairpin on'
 * @public @since 0.1.0
 */
export const switchHairpinOff = (name: string): LinkChange => ({
  ...linkChange(
    `bridge port ${name}`,
    name,
    `Switch hairpin mode of ${name} off again, as it was before the first apply.`,
    'hairpin on',
    'hairpin off',
  ),
  reverse: `bridge link set dev ${shellWord(name)} hairpin on`,
  operation: { kind: 'set-port', name, hairpin: false },
})
