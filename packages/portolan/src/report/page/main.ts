import type { Packet } from '@portolan/netfilter'
import { type PackedData, unpackData } from '../packed-data.ts'
import type { ReportQuestions } from '../questions.ts'
import { answerer } from './ask.ts'
import { explainLine } from './explain-line.ts'
import { openForm } from './form.ts'
import { make } from './make.ts'
import { readQuestion } from './read-question.ts'
import { showAnswer } from './show-answer.ts'

/** Starts the page of a report: the form, and the buttons at conflicts. */
const start = (): void => {
  const data = document.getElementById('questions')
  const output = document.getElementById('answer')
  if (data === null || output === null) return
  const questions = unpackData(JSON.parse(data.textContent ?? '') as PackedData) as ReportQuestions
  const answer = answerer(questions)

  const follow = (packet: Packet): void => {
    const situation = form.situation()
    const outcome = answer(packet, situation)
    const isPlanned = situation.key === 'planned'
    output.replaceChildren(make('div', '', showAnswer(outcome, explainLine(packet), isPlanned)))
  }
  const ask = (): void => {
    const read = readQuestion(form.question(), form.situation().facts)
    form.tell(read.kind === 'mistake' ? read : null)
    output.replaceChildren()
    if (read.kind === 'mistake') return
    try {
      follow(read.packet)
    } catch (error) {
      output.replaceChildren(make('p', 'r-bad', error instanceof Error ? error.message : String(error)))
    }
  }
  const form = openForm(questions, ask)

  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-witness]')) {
    button.hidden = false
    button.addEventListener('click', () => {
      const packet = questions.witnesses[Number(button.dataset.witness)]
      if (packet == null) return
      form.fill(packet)
      form.tell(null)
      follow(packet)
      document.getElementById('way')?.scrollIntoView()
      output.focus()
    })
  }
}

start()
