//! Streams that are made step by step from a state.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use futures_core::Stream;

use super::Streaming;
use crate::BoxFuture;
use crate::error::Result;

/// What a step makes: a message and the state for the next step; nothing at the end.
type Made<T, S> = Result<Option<(T, S)>>;

impl<T: Send + 'static> Streaming<T> {
    /// A stream that takes one step for each message, and only when it is read; dropping it drops the step.
    pub(crate) fn unfold<S, F, Fut>(state: S, step: F) -> Self
    where
        S: Send + 'static,
        F: Fn(S) -> Fut + Send + Unpin + 'static,
        Fut: Future<Output = Made<T, S>> + Send + 'static,
    {
        let running = Box::pin(step(state)) as BoxFuture<_>;
        Self::new(Steps { step, running: Some(running) })
    }
}

struct Steps<T, S, F> {
    step: F,
    running: Option<BoxFuture<Made<T, S>>>,
}

impl<T, S, F, Fut> Stream for Steps<T, S, F>
where
    F: Fn(S) -> Fut + Unpin,
    Fut: Future<Output = Made<T, S>> + Send + 'static,
{
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<T>>> {
        let Some(running) = &mut self.running else { return Poll::Ready(None) };
        let made = ready!(running.as_mut().poll(cx));
        self.running = None;
        Poll::Ready(match made {
            Ok(None) => None,
            Err(error) => Some(Err(error)),
            Ok(Some((message, state))) => {
                self.running = Some(Box::pin((self.step)(state)));
                Some(Ok(message))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[tokio::test]
    async fn each_message_is_a_step_from_the_state_of_the_one_before() {
        let mut stream = Streaming::unfold(0, |number| async move {
            match number {
                0..3 => Ok(Some((number, number + 1))),
                _ => Err(Error::out_of_range("that is all")),
            }
        });
        for number in 0..3 {
            assert_eq!(stream.message().await.unwrap(), Some(number));
        }
        assert_eq!(stream.message().await.unwrap_err().message(), "that is all");
        assert_eq!(stream.message().await.unwrap(), None);
    }
}
