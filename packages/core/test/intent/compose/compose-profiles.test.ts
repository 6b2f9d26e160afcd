import { expect, test } from '@jest/globals'
import { composeProfiles } from '../../../src/intent/compose/compose-profiles.ts'

test('the profiles of all services are found, each once, also in variables and in later files', () => {
  const files = [
    `services: {a: {profiles: [tools, "\${MORE:-more}"]}, b: {ports: [nonsense]}}`,
    'services: {a: {profiles: [late]}, c: {profiles: [tools]}, d: {}}',
  ].map((text, index) => ({ text, source: `${index}.yaml` }))
  expect(composeProfiles(files)).toEqual(['late', 'more', 'tools'])
  expect(composeProfiles([{ text: 'networks: {}', source: 'x.yaml' }])).toEqual([])
})
