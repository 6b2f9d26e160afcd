import type { HostState } from '@portolan/host'
import { checkText } from '@portolan/netfilter/schema'

const hairpinPrefix = 'hairpin '

/**
 * The name under which `HostState.attributes` keeps the hairpin mode of a port.
 * @example
 * hairpinAttribute('veth1') // 'hairpin veth1'
 * @public @since 0.1.0
 */
export const hairpinAttribute = (port: string): string => {
  checkText(port, 'port')
  return `${hairpinPrefix}${port}`
}

/** The ports on foreign bridges whose hairpin mode Portolan switched on. */
export const hairpinPorts = (state: Pick<HostState, 'attributes'>): readonly string[] =>
  Object.keys(state.attributes)
    .filter((attribute) => attribute.startsWith(hairpinPrefix))
    .map((attribute) => attribute.slice(hairpinPrefix.length))
