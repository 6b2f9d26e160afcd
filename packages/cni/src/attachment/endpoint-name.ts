import type { CniRequest } from '../request/cni-request.ts'

/**
 * The name under which an attachment's addresses are leased. A container may have several interfaces on one network. No
 * container id contains "@", so two attachments have different names.
 */
export const endpointName = ({ containerId, interface: name }: CniRequest): string =>
  nameOf(containerId ?? '', name ?? '')

export const nameOf = (containerId: string, interfaceName: string): string =>
  `${containerId}@${interfaceName}`

/** Was this endpoint made by a plugin? Other programs may use the same project. */
export const isAttachment = (endpoint: string): boolean => /^[a-z\d][\w.-]*@[^/:\s]+$/i.test(endpoint)
