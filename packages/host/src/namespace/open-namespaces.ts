import type { Runner } from '@portolan/core'
import { holdNamespace } from './hold-namespace.ts'
import { bringUpInside, configureInside } from './inside.ts'
import { readLinkInside, removeLinkInside } from './inside-link.ts'
import type { Namespaces } from './network-namespace.ts'

/**
 * The network namespaces of this host. Node cannot enter a namespace (`setns` is for one thread). So `nsenter` does the
 * work inside, with `ip` and `sh`, through a Runner.
 *
 * @param runner - starts programs outside this process
 * @example
 * const namespace = openNamespaces(createRunner()).open({ pid: 4242 })
 * await namespace.bringUp('eth0', { ip6: true })
 * namespace.close()
 * @public @since 0.1.0
 */
export const openNamespaces = (runner: Runner): Namespaces => ({
  open: (reference) => {
    const held = holdNamespace(reference)
    return {
      ...held,
      bringUp: (name, options) => bringUpInside(runner, held, name, options),
      configure: (name, change) => configureInside(runner, held, name, change),
      readLink: (name) => readLinkInside(runner, held, name),
      removeLink: (name) => removeLinkInside(runner, held, name),
    }
  },
})
