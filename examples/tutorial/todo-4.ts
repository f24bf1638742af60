import { Far, defineKind, makeMapStore, provide } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'

interface Task {
  start(): void
  finish(): void
  isOpen(): boolean
  show(): string
}

interface OldState {
  title: string
  done: boolean
}

interface State {
  title: string
  status: 'open' | 'started' | 'done'
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const makeTask = defineKind(
    baggage,
    'Task',
    (title: string): State => ({ title, status: 'open' }),
    {
      start: ({ state }) => {
        state.status = 'started'
      },
      finish: ({ state }) => {
        state.status = 'done'
      },
      isOpen: ({ state }) => state.status === 'open',
      show: ({ state }) => `${state.title}: ${state.status}`,
    },
    {
      stateVersion: 2,
      migrate: { 1: ({ title, done }: OldState): State => ({ title, status: done ? 'done' : 'open' }) },
    },
  )
  const tasks = provide(baggage, 'tasks', () => makeMapStore<string, Task>('tasks', { durable: true }))
  const recent: string[] = []

  return Far('todo', {
    add(title: string) {
      const task = makeTask(title)
      tasks.init(title, task)
      recent.push(title)
      return task
    },
    list: () => [...tasks.values()].map((task) => task.show()),
    recent: () => [...recent],
    find: (title: string) => tasks.get(title),
    next() {
      const all = [...tasks.values()]
      let index = 0
      while (!all[index % all.length]?.isOpen()) index += 1
      return all[index % all.length]
    },
  })
}
