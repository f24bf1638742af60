interface Todo {
  recent(): string[]
}

export const salvage = (todo: Todo): string[] => todo.recent()
