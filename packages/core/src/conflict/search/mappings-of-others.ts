import type { DesiredMapping, PublishedPort } from '../../contract/index.ts'

/**
 * Ports that other projects have in force, as mappings: what is bound more narrowly comes first, of whichever project
 * it is. Restrictions of theirs do not matter, since packets that they refuse do not come to this project either.
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
