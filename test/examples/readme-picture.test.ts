import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { planPicture } from '../../script/readme-picture.js'

const committed = readFileSync(new URL('../../docs/plan.svg', import.meta.url), 'utf8')

test('the picture of the README is what the plan prints now; node script/readme-picture.js makes it anew', () => {
  expect(planPicture()).toBe(committed)
})

test('it shows a conflict and a remedy, and nothing of it is markup', () => {
  expect(committed).toMatch(/ForwardDropped[\s\S]*What to do/)
  expect(committed).toContain('-&gt; web:80')
  expect(committed).not.toMatch(/<(script|foreignObject|image|a)\b/)
})
