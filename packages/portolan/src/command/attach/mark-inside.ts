import { type EndpointMark, parseEndpointAlias } from '@portolan/core'
import { createRunner, openNamespaces } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { namespaceOf } from '../options/namespace-option.ts'
import type { Options } from '../options/option-table.ts'

/**
 * The endpoint that the interface in the namespace of --netns names; null: the interface names none, or does not exist.
 */
export const markInside = async ({
  netns,
  interface: inside = 'eth0',
}: Options): Promise<EndpointMark | null> => {
  if (netns === undefined) return null
  try {
    const namespace = openNamespaces(createRunner()).open(namespaceOf(netns))
    try {
      return parseEndpointAlias((await namespace.readLink(inside))?.alias)
    } finally {
      namespace.close()
    }
  } catch (error) {
    // The namespace may have ended, and its interfaces with it.
    if (error instanceof InvalidRequestError) return null
    throw error
  }
}
