import type { Change } from './change.ts'

/**
 * Makes the texts of a change of one interface.
 * @internal
 */
export const linkChange = (
  object: string,
  name: string,
  description: string,
  before: string,
  after: string,
): Omit<Change, 'reverse'> => ({
  action: 'change',
  object,
  description,
  before: `${name} ${before}`,
  after: `${name} ${after}`,
})
