import type { NamespaceReference } from '@portolan/host'

/** A number is a process, and what has a slash a path; a namespace that is named 7 is /run/netns/7. */
export const namespaceOf = (written: string): NamespaceReference =>
  /^\d+$/.test(written)
    ? { pid: Number(written) }
    : written.includes('/')
      ? { path: written }
      : { name: written }
