import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Answer } from './answer.ts'
import { answerOfCompose } from './answer-of-compose.ts'
import { answerOfPortolan } from './answer-of-portolan.ts'
import { cases } from './cases/index.ts'
import { differences } from './differences.ts'

const file = new URL('./answers.json', import.meta.url)

/** Set by `script/compose-answers`: the answers are taken from the program again, and not from the file. */
const anew = process.env.TAKE_COMPOSE_ANSWERS === '1'

const taken: Readonly<Record<string, Answer>> = anew
  ? Object.fromEntries(cases.map((project) => [project.name, answerOfCompose(project)]))
  : fromJson(readFileSync(file, 'utf8'))

if (anew) {
  const lines = Object.entries(taken).map(
    ([name, answer]) => `${JSON.stringify(name)}: ${JSON.stringify(answer)}`,
  )
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`)
}

/** Removes the reason of a refusal, because each program has its own words. */
const comparable = (answer: Answer | undefined): unknown =>
  answer?.kind === 'refused' ? { kind: 'refused' } : answer

test('there are more than three hundred cases, each with an answer and a name of its own', () => {
  const names = cases.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThan(300)
  expect(Object.keys(taken).sort()).toEqual([...names].sort())
})

test('what is listed as a difference is one, and a case', () => {
  const stale = Object.keys(differences).filter((name) => {
    const project = cases.find((other) => other.name === name)
    return (
      project === undefined ||
      JSON.stringify(comparable(answerOfPortolan(project))) === JSON.stringify(comparable(taken[name]))
    )
  })
  expect(stale).toEqual([])
})

test.each(cases.filter(({ name }) => differences[name] === undefined))('$name', (project) => {
  expect({ ...project, answer: comparable(answerOfPortolan(project)) }).toEqual({
    ...project,
    answer: comparable(taken[project.name]),
  })
})
