import type { NamespaceReference } from '@portolan/host'

/**
 * Reads the name of a namespace. A number is a process, and a text with a slash is a path. A namespace with the name 7
 * is written /run/netns/7.
 */
export const namespaceOf = (written: string): NamespaceReference =>
  /^\d+$/.test(written)
    ? { pid: Number(written) }
    : written.includes('/')
      ? { path: written }
      : { name: written }
