import type { HostState } from '@portolan/host'

const hairpinPrefix = 'hairpin '

/**
 * What the hairpin mode of a port is called in `HostState.attributes`.
 * @example
 * hairpinAttribute('veth1') // 'hairpin veth1'
 * @public @since 0.1.0
 */
export const hairpinAttribute = (port: string): string => `${hairpinPrefix}${port}`

/** The ports on bridges of others whose hairpin mode we switched on. */
export const hairpinPorts = (state: Pick<HostState, 'attributes'>): readonly string[] =>
  Object.keys(state.attributes)
    .filter((attribute) => attribute.startsWith(hairpinPrefix))
    .map((attribute) => attribute.slice(hairpinPrefix.length))
