import type { InterfaceFact } from '@portolan/netfilter'
import { parseEndpointAlias } from '../contract/index.ts'
import type { LinkChange } from './link-change.ts'

/**
 * Makes changes that remove the interfaces which `attach` made for endpoints of a project.
 *
 * @param goes - does this network of the project go?
 * @example
 * deleteEndpoints([{ name: 've-web1-q0f58r', alias: 'portolan project=shop network=web endpoint=web-1' }], 'shop').length // 1
 * @public @since 0.1.0
 */
export const deleteEndpoints = (
  interfaces: readonly InterfaceFact[],
  project: string,
  goes: (network: string) => boolean = () => true,
): readonly LinkChange[] =>
  interfaces.flatMap(({ name = '', alias }) => {
    const mark = parseEndpointAlias(alias)
    if (mark?.project !== project || !goes(mark.network)) return []
    return [
      {
        action: 'remove' as const,
        object: `interface ${name}`,
        description: `Remove ${name}: endpoint ${mark.endpoint}, which is attached by it, leaves network ${mark.network}.`,
        before: `${name}, endpoint ${mark.endpoint} of network ${mark.network}`,
        after: null,
        reverse: '# portolan attach makes it again',
        operation: { kind: 'delete-endpoint' as const, name },
      },
    ]
  })
