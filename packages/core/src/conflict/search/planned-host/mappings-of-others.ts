import type { DesiredMapping, PublishedPort } from '../../../contract/index.ts'

/**
 * The ports in force of other projects, as mappings: the more narrowly bound mapping comes first, whatever project it
 * belongs to. Source restrictions of other projects do not matter: a packet that they refuse does not come to this
 * project either.
 */
export const mappingsOfOthers = (published: readonly PublishedPort[]): readonly DesiredMapping[] =>
  published.map(({ project: _project, targets, ...port }): DesiredMapping => {
    const [first = nowhere, ...more] = targets.map((target) => ({ ...nowhere, ...target }))
    return { ...port, kind: 'nat', allowFrom: null, targets: [first, ...more] }
  })

const nowhere: DesiredMapping['targets'][number] = {
  service: '',
  replica: 1,
  network: '',
  address: '',
  port: 0,
  weight: 1,
}
